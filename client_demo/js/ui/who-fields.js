// The two questions at the entrance: a name, and a colour to be known by.

import { h } from '../dom.js';

export const COLORS = [
  '#b5533c',
  '#d19a3d',
  '#6f8f5f',
  '#3f7f86',
  '#4a6396',
  '#7d5a8c',
  '#b7717f',
  '#4a4540',
];

/** @typedef {{name: string, color: string}} Who */

/**
 * @param {import('../i18n.js').Words} words @param {Who} who is changed as it is written and chosen
 * @returns {HTMLElement[]}
 */
export function whoFields(words, who) {
  return [
    h('div.field', {}, h('label', { htmlFor: 'name' }, words.say('your_name')), nameField(who)),
    h(
      'fieldset.swatches',
      {},
      h('legend', {}, words.say('your_color')),
      h(
        'div.row',
        {},
        COLORS.map((color, i) => swatch(color, i, words, who)),
      ),
    ),
  ];
}

/** @param {Who} who */
function nameField(who) {
  return h('input', {
    id: 'name',
    value: who.name,
    maxLength: 40,
    autocomplete: 'given-name',
    enterKeyHint: 'go',
    testid: 'name',
    oninput: (/** @type {any} */ event) => {
      who.name = event.target.value;
    },
  });
}

/** @param {string} color @param {number} i @param {import('../i18n.js').Words} words @param {Who} who */
function swatch(color, i, words, who) {
  return h(
    'label.swatch',
    {},
    h('input', {
      type: 'radio',
      name: 'color',
      value: color,
      checked: color === who.color,
      testid: `color-${i}`,
      'aria-label': `${words.say('your_color')} ${i + 1}`,
      onchange: () => {
        who.color = color;
      },
    }),
    h('span.dot', { style: { '--swatch': color } }),
  );
}
