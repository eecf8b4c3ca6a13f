// From cart to order on one screen: collect it in a store, or send it as a gift box.

import { ProblemError } from '../api.js';
import { total } from '../cart.js';
import { h, icon, refill } from '../dom.js';
import { orderBody } from '../draft.js';
import { formatMoney } from '../money.js';
import { GiftForm } from './gift-form.js';
import { PickupForm } from './pickup-form.js';

/** @typedef {import('../draft.js').Draft} Draft */

export class Checkout {
  #busy = false;
  #trouble = '';
  #lines = ''; // as shown: the room's echo of the cart changes nothing
  #pickup;
  #gift;

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../attempt.js').Ordering} ordering @param {import('../entry.js').Entry} entry
   * @param {{back: () => void, ordered: (order: any) => void}} acts
   */
  constructor(sheet, visit, ordering, entry, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.ordering = ordering;
    this.entry = entry;
    this.acts = acts;
    this.#pickup = new PickupForm(visit, entry, (chose) => {
      if (chose) this.#trouble = '';
      if (chose) this.#refresh();
      else this.#refreshTimes();
    });
    this.#gift = new GiftForm(visit, entry);
    visit.on('words', () => this.#refresh());
    visit.on('cart', () => JSON.stringify(visit.lines) !== this.#lines && this.#refresh());
  }

  /** Opens with what is known; what was typed before is still there. */
  show() {
    const { entry, visit } = this;
    if (!entry.draft.from) entry.set('from', visit.identity?.name ?? '');
    this.#pickup.refresh();
    this.#trouble = '';
    this.#render();
  }

  #refresh() {
    if (this.sheet.name !== 'checkout') return;
    if (this.visit.lines.length > 0 || this.#busy) this.#render();
    else this.acts.back(); // ordered or emptied in another tab
  }

  /** Times that arrive leave the rest alone: somebody may be about to press it. */
  #refreshTimes() {
    const place = this.sheet.place.querySelector('.pickup-place');
    if (place) refill(place, this.#pickup.view());
  }

  #render() {
    this.#lines = JSON.stringify(this.visit.lines);
    const { words, lines, products } = this.visit;
    const sum = total(lines, products);
    const gift = this.entry.draft.kind === 'gift_box';
    this.sheet.open({
      name: 'checkout',
      title: words.say('how'),
      onBack: this.acts.back,
      body: [
        h(
          'div.kinds',
          { role: 'radiogroup', 'aria-label': words.say('how') },
          this.#kind('pickup'),
          this.#kind('gift_box'),
        ),
        gift ? this.#gift.view() : h('div.pickup-place', {}, this.#pickup.view()),
      ],
      foot: [
        this.#trouble && h('p.wrong', { role: 'alert', testid: 'order-error' }, this.#trouble),
        sum &&
          h('p.total', {}, words.say('total'), h('strong', {}, formatMoney(sum, words.language))),
        h(
          'button.primary.wide',
          { onclick: () => this.#place(), disabled: this.#busy, testid: 'place-order' },
          words.say(this.#busy ? 'placing' : gift ? 'place_gift' : 'place_pickup'),
        ),
      ].filter((one) => one !== null && one !== ''),
    });
  }

  /** @param {Draft['kind']} kind */
  #kind(kind) {
    const { visit, entry } = this;
    const key = kind === 'pickup' ? 'pickup' : 'gift';
    return h(
      'label.kind',
      {},
      h('input', {
        type: 'radio',
        name: 'kind',
        checked: entry.draft.kind === kind,
        testid: `kind-${kind}`,
        onchange: () => {
          entry.set('kind', kind);
          entry.wrong = {};
          this.#trouble = '';
          this.#render();
        },
      }),
      icon(kind === 'pickup' ? 'store' : 'gift'),
      h('span.kind-name', {}, visit.say(key)),
      h('span.soft', {}, visit.say(`${key}_lead`)),
    );
  }

  async #place() {
    const { entry, visit } = this;
    this.#trouble = '';
    const first = entry.check();
    if (first) {
      this.#render();
      this.#pointAt(first);
      return;
    }
    this.#busy = true;
    this.#render();
    try {
      const body = orderBody(entry.draft, visit.lines, visit.words.language);
      const order = await this.ordering.place(body, () => this.#lost());
      entry.clear();
      this.acts.ordered(order);
    } catch (error) {
      this.#trouble = this.#reason(error);
      if (error instanceof ProblemError && error.type === 'slot-full') this.#pickup.load(false);
    } finally {
      this.#busy = false;
      this.#refresh();
    }
  }

  /** @param {string} name of the field to mend */
  #pointAt(name) {
    const { place } = this.sheet;
    place.querySelector(`#field-${name}, .wrong`)?.scrollIntoView({ block: 'center' });
    /** @type {HTMLElement | null} */ (place.querySelector(`#field-${name}`))?.focus();
  }

  #lost() {
    this.#trouble = this.visit.say('connection_order');
    this.#refresh();
  }

  /** @param {unknown} error @returns {string} in the visitor's words */
  #reason(error) {
    const { words, products } = this.visit;
    if (!(error instanceof ProblemError)) return words.say('connection_order');
    const { sku, left, detail, title } = /** @type {any} */ (error.problem);
    if (error.type === 'slot-full') return words.say('slot_taken');
    if (error.type !== 'out-of-stock') return detail ?? title ?? words.say('failed');
    const name = words.pick(products.get(sku)?.names) || sku;
    const key = left > 0 ? 'out_of_stock' : 'sold_out';
    return words.say(this.entry.draft.kind === 'gift_box' ? `${key}_gift` : key, { name, left });
  }
}
