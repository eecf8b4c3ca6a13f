// Voices, in words.

/** @type {import('../texts.js').Texts} */
export const TEXTS = {
  en: {
    voice_join: 'Hear voices',
    voice_leave: 'Leave the call',
    mic_open: 'Open the microphone (hold V to talk)',
    mic_shut: 'Shut the microphone',
    mic_insecure: 'Browsers give a microphone to pages on https only. You can listen and write.',
    mic_denied:
      'The browser does not allow the microphone. Allow it beside the address, then press again.',
    mic_missing: 'No microphone was found. You can listen and write.',
    mic_busy: 'The microphone cannot be used right now. Does another program have it?',
    stage_on: 'Ask onto the stage',
    stage_off: 'Thank and let off the stage',
  },
  fr: {
    voice_join: 'Entendre les voix',
    voice_leave: 'Quitter la conversation',
    mic_open: 'Ouvrir le micro (V enfoncé pour parler)',
    mic_shut: 'Couper le micro',
    mic_insecure:
      'Les navigateurs ne donnent un micro qu’aux pages en https. Vous pouvez écouter et écrire.',
    mic_denied:
      'Le navigateur refuse le micro. Autorisez-le à côté de l’adresse, puis appuyez de nouveau.',
    mic_missing: 'Aucun micro n’a été trouvé. Vous pouvez écouter et écrire.',
    mic_busy: 'Le micro n’est pas disponible. Un autre programme l’utilise-t-il ?',
    stage_on: 'Inviter sur scène',
    stage_off: 'Remercier et libérer la scène',
  },
  it: {
    voice_join: 'Ascoltare le voci',
    voice_leave: 'Lasciare la conversazione',
    mic_open: 'Aprire il microfono (tenere premuto V per parlare)',
    mic_shut: 'Chiudere il microfono',
    mic_insecure:
      'I browser danno il microfono solo alle pagine in https. Può ascoltare e scrivere.',
    mic_denied:
      'Il browser non permette il microfono. Lo consenta accanto all’indirizzo, poi prema di nuovo.',
    mic_missing: 'Nessun microfono trovato. Può ascoltare e scrivere.',
    mic_busy: 'Il microfono non è disponibile. Lo usa un altro programma?',
    stage_on: 'Invitare sul palco',
    stage_off: 'Ringraziare e congedare dal palco',
  },
};
