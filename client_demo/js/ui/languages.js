// The choice of language, as a row of buttons.

import { h } from '../dom.js';
import { LANGUAGES } from '../i18n.js';

const NAMES = /** @type {Record<string, string>} */ ({
  en: 'English',
  fr: 'Français',
  it: 'Italiano',
});

/** @param {import('../visit.js').Visit} visit @returns {HTMLElement} */
export function languages(visit) {
  return h(
    'div.languages',
    { role: 'group', 'aria-label': visit.words.say('language') },
    LANGUAGES.map((language) =>
      h(
        'button',
        {
          type: 'button',
          lang: language,
          'aria-label': NAMES[language],
          'aria-pressed': String(language === visit.words.language),
          testid: `language-${language}`,
          onclick: () => visit.speak(language),
        },
        language.toUpperCase(),
      ),
    ),
  );
}
