// The checkout's pickup: which store, which day, and which of its free times.

import { h } from '../dom.js';
import { freeSlots, openDays } from './slots.js';

export class PickupForm {
  #day = '';
  /** @type {any[] | null} null while they are asked for */ #slots = null;
  #failed = false;

  /**
   * @param {import('../visit.js').Visit} visit @param {import('../entry.js').Entry} entry
   * @param {(chose?: boolean) => void} changed something else is to be shown, or was chosen
   */
  constructor(visit, entry, changed) {
    this.visit = visit;
    this.entry = entry;
    this.changed = changed;
  }

  /** Asks for the free times anew; keeps what was chosen while it is still free. */
  refresh() {
    const chosen = this.#store ?? this.visit.stores[0];
    if (!chosen) return;
    if (chosen.id !== this.entry.draft.store || !this.#isAhead(chosen)) this.#pickStore(chosen);
    else this.load(true);
  }

  view() {
    const { visit } = this;
    const store = this.#store;
    return h(
      'div.form',
      {},
      h(
        'fieldset.stores',
        {},
        h('legend', {}, visit.say('store')),
        visit.stores.map((one) => this.#storeChoice(one)),
      ),
      this.#wrong('store'),
      store && this.#days(store),
      store && h('fieldset.times', {}, h('legend', {}, visit.say('time')), this.#times(store)),
      this.#wrong('slot'),
    );
  }

  /** @param {boolean} onward look for the first day that still has a time @returns {Promise<void>} */
  async load(onward) {
    const { visit, entry } = this;
    const store = this.#store;
    if (!store || !this.#day) return;
    const asked = `${store.id} ${this.#day}`;
    const stale = () => asked !== `${entry.draft.store} ${this.#day}`;
    this.#slots = null;
    this.#failed = false;
    try {
      const slots = await freeSlots(visit.api, store.id, this.#day, Date.now());
      if (stale()) return;
      const days = openDays(store, Date.now());
      const next = days[days.indexOf(this.#day) + 1];
      if (slots.length === 0 && onward && next) {
        this.#day = next;
        return await this.load(true);
      }
      this.#slots = slots;
      if (!slots.some((slot) => slot.id === entry.draft.slot)) entry.set('slot', null);
    } catch {
      if (stale()) return;
      this.#failed = true;
    }
    this.changed();
  }

  get #store() {
    return this.visit.stores.find((one) => one.id === this.entry.draft.store);
  }

  /** @param {any} store */
  #isAhead(store) {
    return openDays(store, Date.now()).includes(this.#day);
  }

  /** @param {any} store */
  #storeChoice(store) {
    return h(
      'label.store',
      {},
      h('input', {
        type: 'radio',
        name: 'store',
        checked: store.id === this.entry.draft.store,
        testid: `store-${store.id}`,
        onchange: () => {
          this.#pickStore(store);
          this.changed(true);
        },
      }),
      h('span', {}, h('span.store-name', {}, store.name), h('span.soft', {}, store.address)),
    );
  }

  /** @param {any} store */
  #days(store) {
    const { words } = this.visit;
    return h(
      'fieldset.days',
      {},
      h('legend', {}, words.say('day')),
      h(
        'div.row.scroll',
        {},
        openDays(store, Date.now()).map((day) =>
          chip('day', day, words.day(day), day === this.#day, () => {
            this.#day = day;
            this.load(false);
            this.changed();
          }),
        ),
      ),
    );
  }

  /** @param {any} store */
  #times({ timezone }) {
    const { visit, entry } = this;
    if (this.#failed) return this.#tryAgain();
    if (this.#slots === null) return h('div.row.waiting', { 'aria-busy': 'true' });
    if (this.#slots.length === 0) return h('p.soft', {}, visit.say('no_slots'));
    return h(
      'div.row.grid',
      {},
      this.#slots.map(({ id, start }) =>
        chip('slot', id, visit.words.time(start, timezone), id === entry.draft.slot, () => {
          entry.set('slot', id);
          this.changed(true);
        }),
      ),
    );
  }

  #tryAgain() {
    const again = () => {
      this.load(false);
      this.changed();
    };
    return h(
      'div',
      {},
      h('p.wrong', { role: 'alert' }, this.visit.say('slots_failed')),
      h('button.link', { onclick: again, testid: 'slots-again' }, this.visit.say('again')),
    );
  }

  /** @param {any} store */
  #pickStore(store) {
    const [first = ''] = openDays(store, Date.now());
    const slot = this.entry.draft.store === store.id ? this.entry.draft.slot : null;
    this.entry.set('store', store.id);
    this.entry.set('slot', slot);
    this.#day = slot?.split(':')[1]?.slice(0, 10) ?? first;
    this.load(true);
  }

  /** @param {'store' | 'slot'} name */
  #wrong(name) {
    const wrong = this.entry.wrong[name];
    return wrong ? h('p.wrong', { role: 'alert' }, this.visit.say(wrong)) : null;
  }
}

/**
 * @param {string} group @param {string} value @param {string} text @param {boolean} checked
 * @param {() => void} choose
 */
function chip(group, value, text, checked, choose) {
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
