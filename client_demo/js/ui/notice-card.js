// A card in the place of the welcome: something to agree to, or something that keeps one out.

import { h } from '../dom.js';
import { languages } from './languages.js';

/**
 * @typedef {object} Question
 * @property {string} key of the texts; `<key>_lead` says more @property {string} label a key too
 * @property {() => Promise<string>} act answers a key of the texts, or nothing when all is well
 */

/**
 * @param {import('../visit.js').Visit} visit @param {Question} question
 * @param {(wrong: string) => void} failed told what `act` answered
 * @returns {HTMLElement}
 */
export function questionCard(visit, { key, label, act }, failed) {
  const { words } = visit;
  const button = h(
    'button.primary.wide',
    {
      testid: 'agree',
      onclick: async () => {
        button.disabled = true;
        const wrong = await act();
        if (wrong) failed(wrong);
      },
    },
    words.say(label),
  );
  return h(
    'div.card.rise',
    { testid: 'welcome-question' },
    ...said(words, key),
    button,
    h('div.card-foot', {}, languages(visit)),
  );
}

/**
 * @param {import('../i18n.js').Words} words @param {string} key of the texts; `<key>_lead` says more
 * @param {{label: string, act: () => void}} [way]
 * @returns {HTMLElement}
 */
export function troubleCard(words, key, way) {
  return h(
    'div.card.rise',
    { role: 'alert', testid: `trouble-${key}` },
    ...said(words, key),
    way && h('button.primary.wide', { onclick: way.act, testid: 'trouble-act' }, way.label),
  );
}

/** @param {import('../i18n.js').Words} words @param {string} key */
function said(words, key) {
  return [
    h('p.mark', {}, 'Vitrine'),
    h('h1', {}, words.say(key)),
    h('p.lead', {}, words.say(`${key}_lead`)),
  ];
}
