// Orders in the room: a chip for each that is under way, its page, and the thanks after placing.

import { h, icon, refill } from '../dom.js';
import { formatMoney } from '../money.js';
import { picture } from './bits.js';

const STEPS = /** @type {Record<string, string[]>} */ ({
  pickup: ['scheduled', 'preparing', 'ready', 'handed_over'],
  gift_box: ['draft', 'announced', 'packed', 'shipped', 'delivered'],
});

export class Orders {
  /** @type {string | null} */ #open = null;
  #fresh = false; // the open one has just been placed
  #sure = false; // asked whether it is really to be cancelled

  /**
   * @param {HTMLElement} place of the chips @param {import('./sheet.js').Sheet} sheet
   * @param {import('../visit.js').Visit} visit @param {import('../scene/portraits.js').Portraits} portraits
   * @param {{cancel: (order: any) => void}} acts
   */
  constructor(place, sheet, visit, portraits, acts) {
    this.place = place;
    this.sheet = sheet;
    this.visit = visit;
    this.portraits = portraits;
    this.acts = acts;
    for (const topic of /** @type {const} */ (['words', 'orders']))
      visit.on(topic, () => this.show());
  }

  show() {
    const { words } = this.visit;
    const orders = this.visit.recentOrders(Date.now()).slice(0, 4);
    this.place.setAttribute('aria-label', words.say('orders'));
    refill(this.place, ...orders.map((order) => this.#chip(order)));
    if (this.#open && this.sheet.name === 'order') this.#render();
  }

  /** The same as before when it says the same: only what changed moves. @param {any} order */
  #chip(order) {
    const { visit } = this;
    const status = visit.statusOf(order);
    const label = visit.say('order_chip', { code: order.code, status });
    const before = this.place.querySelector(`[data-testid="order-${order.code}"]`);
    if (before?.getAttribute('aria-label') === label) return before;
    return h(
      'button.order-chip',
      {
        testid: `order-${order.code}`,
        'data-status': order.fulfilment.status,
        'aria-label': label,
        onclick: () => this.open(order.id),
      },
      icon(order.fulfilment.kind === 'pickup' ? 'store' : 'gift'),
      h('span.code', {}, order.code),
      h('span.status', { testid: 'order-status' }, status),
    );
  }

  /** @param {string} id @param {boolean} [fresh] */
  open(id, fresh = false) {
    this.#open = id;
    this.#fresh = fresh;
    this.#sure = false;
    this.#render();
  }

  #render() {
    const order = this.visit.orders.get(this.#open ?? '');
    if (!order) return;
    const { words } = this.visit;
    const pickup = order.fulfilment.kind === 'pickup';
    const open = this.visit.isOpen(order);
    this.sheet.open({
      name: 'order',
      title:
        this.#fresh && open
          ? words.say(pickup ? 'thanks_pickup' : 'thanks_gift')
          : words.say('order', { code: order.code }),
      onClose: () => {
        this.#open = null;
        this.#fresh = false;
      },
      body: [
        h(
          'div.code-plate',
          {},
          h('span.soft', {}, words.say('code')),
          h('strong', { testid: 'order-code' }, order.code),
          open && h('span.soft', {}, words.say(pickup ? 'code_pickup' : 'code_gift')),
        ),
        this.#where(order),
        this.#steps(order),
        this.#lines(order),
      ].filter(Boolean),
      foot: this.#actions(order),
    });
  }

  /** @param {any} order */
  #actions(order) {
    const { visit } = this;
    const may = order.actions?.includes('cancel') && !this.#fresh;
    if (this.#sure && may) return this.#askAgain(order);
    return [
      h(
        'div.actions',
        {},
        h(
          'button.primary',
          { onclick: () => this.sheet.close(), testid: 'keep-looking' },
          visit.say('keep_looking'),
        ),
        may &&
          h(
            'button.second',
            { onclick: () => this.#ask(true), testid: 'cancel-order' },
            visit.say('cancel_order'),
          ),
      ),
    ];
  }

  /** Asked twice: the time and the goods are somebody else's a moment later. @param {any} order */
  #askAgain(order) {
    const { visit } = this;
    const cancel = () => {
      this.#ask(false);
      this.acts.cancel(order);
    };
    return [
      h('p.sure', { role: 'alert' }, visit.say('cancel_sure')),
      h(
        'div.actions',
        {},
        h(
          'button.primary',
          { onclick: () => this.#ask(false), testid: 'keep-order' },
          visit.say('keep_order'),
        ),
        h('button.second', { onclick: cancel, testid: 'cancel-sure' }, visit.say('cancel_order')),
      ),
    ];
  }

  /** @param {boolean} sure */
  #ask(sure) {
    this.#sure = sure;
    this.#render();
  }

  /** @param {any} order */
  #where({ fulfilment }) {
    const { words, stores } = this.visit;
    if (fulfilment.kind !== 'pickup') {
      const text = fulfilment.card?.text;
      return text
        ? h('blockquote.card-words', {}, text, h('footer', {}, fulfilment.card.from))
        : null;
    }
    const store = stores.find((one) => one.id === fulfilment.store);
    const when = fulfilment.slot ? words.dateTime(fulfilment.slot.start, store?.timezone) : '';
    return h(
      'p.where',
      {},
      h('strong', {}, [store?.name ?? fulfilment.store, when].filter(Boolean).join(' · ')),
      store && h('span.soft', {}, store.address),
    );
  }

  /** @param {any} order */
  #steps(order) {
    const { words } = this.visit;
    const steps = STEPS[order.fulfilment.kind] ?? [];
    const at = steps.indexOf(order.fulfilment.status);
    if (at < 0) return h('p.fate', {}, this.visit.statusOf(order));
    const facts = { name: order.fulfilment.announce?.name ?? '' };
    return h(
      'ol.steps',
      {},
      steps.map((step, i) =>
        h(
          `li${i <= at ? '.done' : ''}${i === at ? '.now' : ''}`,
          { 'aria-current': i === at ? 'step' : null },
          words.say(`status_${step}`, facts),
        ),
      ),
    );
  }

  /** @param {any} order */
  #lines(order) {
    const { words } = this.visit;
    return h(
      'ul.lines.small',
      {},
      order.lines.map((/** @type {any} */ line) =>
        h(
          'li.line',
          {},
          picture(this.portraits.of(line.sku, line.variant), ''),
          h(
            'div.line-words',
            {},
            h('p.line-name', {}, words.pick(line.name)),
            h(
              'p.soft',
              {},
              [
                words.pick(this.visit.variantOf(line.sku, line.variant)?.names),
                `× ${line.quantity}`,
              ]
                .filter(Boolean)
                .join(' '),
            ),
          ),
        ),
      ),
      h(
        'li.sum',
        {},
        words.say('total'),
        h('strong', {}, formatMoney(order.total, words.language)),
      ),
    );
  }
}
