// Small pieces that several panels are made of.

import { MOST } from '../cart.js';
import { h, icon } from '../dom.js';

/** @typedef {import('../files.js').Picture} Picture */

/**
 * A picture that arrives when it has been taken.
 *
 * @param {Promise<Picture | null>} found @param {string} alt
 */
export function picture(found, alt) {
  const frame = h('div.picture');
  found.then((one) => {
    frame.append(one ? image(one, alt) : icon('bag')); // no model, no picture of it
  });
  return frame;
}

/** Its place is kept before it comes, and it comes when it would be seen. @param {Picture} picture @param {string} alt */
export function image({ src, width, height }, alt) {
  return h('img', { loading: 'lazy', decoding: 'async', width, height, alt, src });
}

/**
 * @param {object} what
 * @param {string} what.label @param {string} what.name of the radio group
 * @param {any[]} what.variants @param {string | null} what.chosen
 * @param {import('../i18n.js').Words} what.words @param {(id: string) => void} what.choose
 */
export function swatches({ label, name, variants, chosen, words, choose }) {
  const current = variants.find((one) => one.id === chosen);
  return h(
    'fieldset.swatches',
    {},
    h('legend', {}, label, ' ', h('span.chosen', {}, words.pick(current?.names))),
    h(
      'div.row',
      {},
      variants.map((variant) =>
        h(
          'label.swatch',
          { title: words.pick(variant.names) },
          h('input', {
            type: 'radio',
            name,
            value: variant.id,
            checked: variant.id === chosen,
            testid: `variant-${variant.id}`,
            'aria-label': words.pick(variant.names),
            onchange: () => choose(variant.id),
          }),
          h('span.dot', { style: { '--swatch': variant.swatch } }),
        ),
      ),
    ),
  );
}

/**
 * @param {number} quantity @param {import('../i18n.js').Words} words
 * @param {(quantity: number) => void} set
 */
export function stepper(quantity, words, set, id = '') {
  return h(
    'div.stepper',
    {},
    h(
      'button',
      {
        'aria-label': words.say(quantity > 1 ? 'fewer' : 'remove'),
        onclick: () => set(quantity - 1),
        testid: `fewer-${id}`,
      },
      icon('minus'),
    ),
    h('output', {}, String(quantity)),
    h(
      'button',
      {
        'aria-label': words.say('more'),
        onclick: () => set(quantity + 1),
        disabled: quantity >= MOST,
        testid: `more-${id}`,
      },
      icon('plus'),
    ),
  );
}

/**
 * @param {object} what
 * @param {string} what.label @param {string} what.name @param {string} what.value
 * @param {(value: string) => void} what.set @param {string} [what.wrong] what to do about it
 * @param {Record<string, any>} [what.props] @param {boolean} [what.long]
 */
export function field({ label, name, value, set, wrong, props = {}, long = false }) {
  const input = h(long ? 'textarea' : 'input', {
    id: `field-${name}`,
    name,
    value,
    testid: `field-${name}`,
    'aria-invalid': wrong ? 'true' : null,
    'aria-describedby': wrong ? `wrong-${name}` : null,
    oninput: (/** @type {any} */ event) => set(event.target.value),
    ...props,
  });
  return h(
    'div.field',
    {},
    h('label', { htmlFor: `field-${name}` }, label),
    input,
    wrong && h('p.wrong', { id: `wrong-${name}` }, wrong),
  );
}
