// The checkout's gift box: for whom, where to, and what the card says.

import { h } from '../dom.js';
import { field } from './bits.js';

/** @typedef {'name' | 'email' | 'card' | 'from' | 'street' | 'postcode' | 'city' | 'country'} Name */

const ADDRESS = /** @type {const} */ (['street', 'postcode', 'city', 'country']);

export class GiftForm {
  #addressOpen;

  /** @param {import('../visit.js').Visit} visit @param {import('../entry.js').Entry} entry */
  constructor(visit, entry) {
    this.visit = visit;
    this.entry = entry;
    this.#addressOpen = ADDRESS.some((name) => entry.draft[name]);
  }

  view() {
    const { visit, entry } = this;
    return h(
      'div.form',
      {},
      h(
        'fieldset',
        {},
        h('legend', {}, visit.say('for_whom')),
        this.#input('name', 'recipient_name', { autocomplete: 'off', maxLength: 80 }),
        this.#input('email', 'recipient_email', {
          type: 'email',
          autocomplete: 'off',
          maxLength: 254,
        }),
        this.#address(),
      ),
      h(
        'fieldset',
        {},
        h('legend', {}, visit.say('card')),
        this.#input('card', 'card_text', { rows: 3, maxLength: 500 }, true),
        this.#input('from', 'card_from', { autocomplete: 'given-name', maxLength: 80 }),
        h(
          'label.check',
          {},
          h('input', {
            type: 'checkbox',
            checked: entry.draft.wrap,
            testid: 'wrap',
            onchange: (/** @type {any} */ event) => entry.set('wrap', event.target.checked),
          }),
          h('span', {}, visit.say('wrap')),
        ),
      ),
    );
  }

  #address() {
    const { visit, entry } = this;
    return h(
      'details.address',
      {
        open: this.#addressOpen || ADDRESS.some((name) => entry.wrong[name]),
        ontoggle: (/** @type {any} */ event) => {
          this.#addressOpen = event.target.open;
        },
      },
      h('summary', { testid: 'address' }, visit.say('address_known')),
      h('p.soft', {}, visit.say('address_ask')),
      h(
        'div.address-fields',
        {},
        ADDRESS.map((name) =>
          this.#input(name, name, {
            autocomplete: 'off',
            maxLength: name === 'postcode' ? 20 : 120,
          }),
        ),
      ),
    );
  }

  /** @param {Name} name @param {string} label @param {Record<string, any>} props */
  #input(name, label, props, long = false) {
    const { visit, entry } = this;
    const wrong = entry.wrong[name];
    return field({
      label: visit.say(label),
      name,
      value: entry.draft[name],
      set: (value) => entry.set(name, value),
      wrong: wrong && visit.say(wrong),
      props,
      long,
    });
  }
}
