// The desk's orders, kept fresh: what is open every few seconds, what is finished from today.

import { ProblemError } from '../api.js';
import { Watch } from './watch.js';

const POLL_MS = 3000;
const PAGE = 200;
const MOST_PAGES = 10;

/** @typedef {import('./watch.js').Ears & {changed: () => void}} Ears */

export class DeskOrders {
  /** @type {Map<string, any>} by id */ all = new Map();
  #seen = '';
  #watch;

  /** @param {import('../api.js').Api} api @param {Ears} ears */
  constructor(api, ears) {
    this.api = api;
    this.ears = ears;
    this.#watch = new Watch(POLL_MS, () => this.#refresh(), ears);
  }

  async start() {
    for (const order of await this.#pages('completed').catch(() => []))
      this.all.set(order.id, order);
    await this.#watch.start();
  }

  stop() {
    this.#watch.stop();
    this.all.clear();
    this.#seen = '';
  }

  /**
   * @param {any} order @param {string} action
   * @returns {Promise<'done' | 'changed'>} `changed`: somebody else was first, the order is reloaded
   * Throws ProblemError, Unreachable.
   */
  async act(order, action) {
    const path = `/api/orders/${encodeURIComponent(order.id)}`;
    const body = action === 'announce' ? { confirmed: true } : {};
    try {
      const after = await this.api.post(`${path}/${action}`, body, {
        'if-match': `"${order.version}"`,
      });
      this.#keep(after);
      return 'done';
    } catch (error) {
      if (!(error instanceof ProblemError) || ![409, 412].includes(error.status)) throw error;
      if (error.status === 409 && error.type !== 'wrong-state') throw error;
      this.#keep(await this.api.call(path));
      return 'changed';
    }
  }

  /** @param {any} order */
  #keep(order) {
    this.all.set(order.id, order);
    this.ears.changed();
  }

  async #refresh() {
    const open = await this.#pages('open');
    const seen = open.map((order) => `${order.id} ${order.version}`).join();
    if (seen === this.#seen) return;
    this.#seen = seen;
    await this.#followGone(new Set(open.map((order) => order.id)));
    for (const order of open) {
      const known = this.all.get(order.id);
      if (!known || known.version <= order.version) this.all.set(order.id, order);
    }
    this.ears.changed();
  }

  /** What left the open list was finished or cancelled by somebody else. @param {Set<string>} open */
  async #followGone(open) {
    const gone = [...this.all.values()].filter(
      ({ id, status }) => !open.has(id) && ['placed', 'in_fulfilment'].includes(status),
    );
    const now = await Promise.all(
      gone.map(({ id }) =>
        this.api.call(`/api/orders/${encodeURIComponent(id)}`).catch(() => null),
      ),
    );
    for (const order of now) if (order) this.all.set(order.id, order);
  }

  /** @param {string} status @returns {Promise<any[]>} */
  async #pages(status) {
    /** @type {any[]} */
    const orders = [];
    let after = '';
    for (let page = 0; page < MOST_PAGES; page++) {
      const next = after ? `&after=${encodeURIComponent(after)}` : '';
      const answer = await this.api.call(`/api/orders?status=${status}&limit=${PAGE}${next}`);
      orders.push(...answer.items);
      if (!answer.next) break;
      after = answer.next;
    }
    return orders;
  }
}
