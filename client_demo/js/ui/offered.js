// Buttons that features offer, at the top or at the lower edge.

import { h, icon } from '../dom.js';

/**
 * @typedef {object} Offer
 * @property {string} id for tests @property {string} icon a name of dom.js
 * @property {string | (() => string)} label key of a text @property {() => unknown} act
 * @property {() => boolean} [shown] whether it is there; always when left out
 * @property {() => boolean} [pressed] for what is switched on and off
 */

/**
 * @param {string} look an element as `h` takes it
 * @param {Offer[]} offers @param {import('../i18n.js').Words} words
 * @returns {HTMLElement[]} buttons for those that are shown
 */
export function offered(look, offers, words) {
  return offers
    .filter((offer) => offer.shown?.() ?? true)
    .map((offer) => button(look, offer, words));
}

/** @param {string} look @param {Offer} offer @param {import('../i18n.js').Words} words */
function button(look, { id, icon: symbol, label, act, pressed }, words) {
  const text = words.say(typeof label === 'string' ? label : label());
  return h(
    look,
    {
      type: 'button',
      title: text,
      'aria-label': text,
      'aria-pressed': pressed ? String(pressed()) : null,
      onclick: act,
      testid: id,
    },
    icon(symbol),
    h('span.word', {}, text),
  );
}
