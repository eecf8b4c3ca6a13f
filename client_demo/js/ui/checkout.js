// From cart to order on one screen: collect it in a store, or send it as a gift box.

import { ProblemError } from '../api.js';
import { total } from '../cart.js';
import { h, icon } from '../dom.js';
import { newDraft, orderBody, problems } from '../draft.js';
import { formatMoney } from '../money.js';
import { field } from './bits.js';
import { freeSlots, openDays } from './slots.js';

/** @typedef {import('../draft.js').Draft} Draft */

export class Checkout {
  /** @type {Draft} */ #draft;
  /** @type {Partial<Record<keyof Draft, string>>} */ #wrong = {};
  #day = '';
  /** @type {any[] | null} null while they are asked for */ #slots = null;
  #slotsFailed = false;
  #addressOpen = false;
  #busy = false;
  #trouble = '';

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../attempt.js').Ordering} ordering
   * @param {{back: () => void, ordered: (order: any) => void}} acts
   */
  constructor(sheet, visit, ordering, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.ordering = ordering;
    this.acts = acts;
    this.#draft = newDraft('');
    visit.on('words', () => this.sheet.name === 'checkout' && this.#render());
  }

  /** Opens with what is known; what was typed before is still there. */
  show() {
    if (!this.#draft.from) this.#draft.from = this.visit.identity?.name ?? '';
    if (!this.#draft.store && this.visit.stores.length > 0) this.#pickStore(this.visit.stores[0]);
    else if (this.#draft.store) this.#loadSlots(true);
    this.#trouble = '';
    this.#render();
  }

  #render() {
    const { words, lines, products } = this.visit;
    const sum = total(lines, products);
    const gift = this.#draft.kind === 'gift_box';
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
        gift ? this.#giftForm() : this.#pickupForm(),
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
    const { words } = this.visit;
    const key = kind === 'pickup' ? 'pickup' : 'gift';
    return h(
      'label.kind',
      {},
      h('input', {
        type: 'radio',
        name: 'kind',
        checked: this.#draft.kind === kind,
        testid: `kind-${kind}`,
        onchange: () => {
          this.#draft.kind = kind;
          this.#wrong = {};
          this.#trouble = '';
          this.#render();
        },
      }),
      icon(kind === 'pickup' ? 'store' : 'gift'),
      h('span.kind-name', {}, words.say(key)),
      h('span.soft', {}, words.say(`${key}_lead`)),
    );
  }

  #pickupForm() {
    const { words, stores } = this.visit;
    const store = stores.find((one) => one.id === this.#draft.store);
    return h(
      'div.form',
      {},
      h(
        'fieldset.stores',
        {},
        h('legend', {}, words.say('store')),
        stores.map((one) => this.#store(one)),
      ),
      this.#say('store'),
      store && this.#days(store),
      store && this.#times(store),
      this.#say('slot'),
    );
  }

  /** @param {any} store */
  #store(store) {
    return h(
      'label.store',
      {},
      h('input', {
        type: 'radio',
        name: 'store',
        checked: store.id === this.#draft.store,
        testid: `store-${store.id}`,
        onchange: () => {
          this.#pickStore(store);
          this.#render();
        },
      }),
      h('span', {}, h('span.store-name', {}, store.name), h('span.soft', {}, store.address)),
    );
  }

  /** @param {any} store */
  #days(store) {
    const { words } = this.visit;
    const days = openDays(store, Date.now());
    return h(
      'fieldset.days',
      {},
      h('legend', {}, words.say('day')),
      h(
        'div.row.scroll',
        {},
        days.map((day) =>
          this.#chip('day', day, words.day(day), day === this.#day, () => this.#pickDay(day)),
        ),
      ),
    );
  }

  /** @param {any} store */
  #times(store) {
    const { words } = this.visit;
    return h('fieldset.times', {}, h('legend', {}, words.say('time')), this.#timesBody(store));
  }

  /** @param {any} store */
  #timesBody(store) {
    const { words } = this.visit;
    if (this.#slotsFailed) return h('p.wrong', {}, words.say('slots_failed'));
    if (this.#slots === null) return h('div.row.waiting', { 'aria-busy': 'true' });
    if (this.#slots.length === 0) return h('p.soft', {}, words.say('no_slots'));
    return h(
      'div.row.grid',
      {},
      this.#slots.map((slot) =>
        this.#chip(
          'slot',
          slot.id,
          words.time(slot.start, store.timezone),
          slot.id === this.#draft.slot,
          () => {
            this.#draft.slot = slot.id;
            delete this.#wrong.slot;
            this.#render();
          },
        ),
      ),
    );
  }

  /** @param {string} group @param {string} value @param {string} text @param {boolean} checked @param {() => void} choose */
  #chip(group, value, text, checked, choose) {
    return h(
      'label.chip',
      {},
      h('input', {
        type: 'radio',
        name: group,
        value,
        checked,
        onchange: choose,
        testid: `${group}-${value}`,
      }),
      h('span', {}, text),
    );
  }

  #giftForm() {
    const { words } = this.visit;
    return h(
      'div.form',
      {},
      h(
        'fieldset',
        {},
        h('legend', {}, words.say('for_whom')),
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
        h('legend', {}, words.say('card')),
        this.#input('card', 'card_text', { rows: 3, maxLength: 500 }, true),
        this.#input('from', 'card_from', { autocomplete: 'given-name', maxLength: 80 }),
        h(
          'label.check',
          {},
          h('input', {
            type: 'checkbox',
            checked: this.#draft.wrap,
            testid: 'wrap',
            onchange: (/** @type {any} */ event) => {
              this.#draft.wrap = event.target.checked;
            },
          }),
          h('span', {}, words.say('wrap')),
        ),
      ),
    );
  }

  #address() {
    const { words } = this.visit;
    const fields = /** @type {const} */ (['street', 'postcode', 'city', 'country']);
    return h(
      'details.address',
      {
        open: this.#addressOpen,
        ontoggle: (/** @type {any} */ event) => {
          this.#addressOpen = event.target.open;
        },
      },
      h('summary', { testid: 'address' }, words.say('address_known')),
      h('p.soft', {}, words.say('address_ask')),
      h(
        'div.address-fields',
        {},
        fields.map((name) =>
          this.#input(name, name, {
            autocomplete: 'off',
            maxLength: name === 'postcode' ? 20 : 120,
          }),
        ),
      ),
    );
  }

  /** @param {'name' | 'email' | 'card' | 'from' | 'street' | 'postcode' | 'city' | 'country'} name @param {string} label @param {Record<string, any>} props */
  #input(name, label, props, long = false) {
    const { words } = this.visit;
    const wrong = this.#wrong[name];
    return field({
      label: words.say(label),
      name,
      value: this.#draft[name],
      set: (value) => {
        this.#draft[name] = value;
      },
      wrong: wrong && words.say(wrong),
      props,
      long,
    });
  }

  /** @param {keyof Draft} name */
  #say(name) {
    const wrong = this.#wrong[name];
    return wrong ? h('p.wrong', { role: 'alert' }, this.visit.words.say(wrong)) : null;
  }

  /** @param {any} store */
  #pickStore(store) {
    this.#draft.store = store.id;
    this.#day = openDays(store, Date.now())[0] ?? '';
    this.#loadSlots(true);
  }

  /** @param {string} day */
  #pickDay(day) {
    this.#day = day;
    this.#loadSlots(false);
    this.#render();
  }

  /** @param {boolean} onward look for the first day that still has a time @returns {Promise<void>} */
  async #loadSlots(onward) {
    const { api, stores } = this.visit;
    const store = stores.find((one) => one.id === this.#draft.store);
    if (!store || !this.#day) return;
    const asked = `${store.id} ${this.#day}`;
    this.#slots = null;
    this.#slotsFailed = false;
    try {
      const slots = await freeSlots(api, store.id, this.#day, Date.now());
      if (asked !== `${this.#draft.store} ${this.#day}`) return;
      const days = openDays(store, Date.now());
      const next = days[days.indexOf(this.#day) + 1];
      if (slots.length === 0 && onward && next) {
        this.#day = next;
        return await this.#loadSlots(true);
      }
      this.#slots = slots;
    } catch {
      this.#slotsFailed = true;
    }
    const kept = this.#slots?.some((slot) => slot.id === this.#draft.slot);
    if (!kept) this.#draft.slot = null;
    if (this.sheet.name === 'checkout') this.#render();
  }

  async #place() {
    this.#wrong = problems(this.#draft);
    this.#trouble = '';
    const first = Object.keys(this.#wrong)[0];
    if (first) {
      if (['street', 'postcode', 'city', 'country'].includes(first)) this.#addressOpen = true;
      this.#render();
      this.sheet.place
        .querySelector(`#field-${first}, .wrong`)
        ?.scrollIntoView({ block: 'center' });
      /** @type {HTMLElement | null} */ (
        this.sheet.place.querySelector(`#field-${first}`)
      )?.focus();
      return;
    }
    this.#busy = true;
    this.#render();
    try {
      const body = orderBody(this.#draft, this.visit.lines, this.visit.words.language);
      const order = await this.ordering.place(body, () => this.#lost());
      this.#draft = newDraft(this.#draft.from);
      this.acts.ordered(order);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#busy = false;
      if (this.sheet.name === 'checkout') this.#render();
    }
  }

  #lost() {
    this.#trouble = this.visit.words.say('connection_order');
    if (this.sheet.name === 'checkout') this.#render();
  }

  /** @param {unknown} error */
  #refused(error) {
    const { words, products } = this.visit;
    if (!(error instanceof ProblemError)) {
      this.#trouble = words.say('connection_order');
      return;
    }
    const facts = /** @type {any} */ (error.problem);
    if (error.type === 'out-of-stock') {
      const name = words.pick(products.get(facts.sku)?.names) || facts.sku;
      this.#trouble = words.say(facts.left > 0 ? 'out_of_stock' : 'sold_out', {
        name,
        left: facts.left,
      });
    } else if (error.type === 'slot-full') {
      this.#trouble = words.say('slot_taken');
      this.#loadSlots(false);
    } else this.#trouble = facts.detail ?? facts.title ?? words.say('failed');
  }
}
