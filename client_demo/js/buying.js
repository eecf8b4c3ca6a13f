// From the cart to the order: what the visitor buys, and what is sent about it.

import { ProblemError } from './api.js';
import { add } from './cart.js';

/**
 * @typedef {object} Parts
 * @property {import('./visit.js').Visit} visit @property {import('./attempt.js').Ordering} ordering
 * @property {import('./ui/notices.js').Notices} notices
 * @property {import('./ui/orders.js').Orders} orders
 * @property {(promise: Promise<unknown>) => Promise<boolean>} attempt says what went wrong
 * @property {(lines: readonly import('./cart.js').Line[]) => void} tellRoom that keeps the cart, too
 */

export class Buying {
  #resuming = false;

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {string} sku @param {string | null} variant */
  add(sku, variant) {
    const { visit, notices } = this.parts;
    this.setLines(add(visit.lines, sku, variant));
    notices.say(visit.say('added', { name: visit.words.pick(visit.products.get(sku)?.names) }));
  }

  /** @param {readonly import('./cart.js').Line[]} lines */
  setLines(lines) {
    this.parts.visit.setLines(lines);
    this.parts.tellRoom(lines);
  }

  /** The server's cart wins unless it is empty and this browser kept one. @param {any} cart */
  merge(cart) {
    const { visit } = this.parts;
    if (cart?.lines?.length > 0 || visit.lines.length === 0) visit.setLines(cart?.lines ?? []);
    else this.setLines(visit.lines);
  }

  /** @param {any} order has just been placed */
  ordered(order) {
    const { visit, orders } = this.parts;
    visit.setOrder(order);
    this.setLines([]);
    orders.open(order.id, true);
  }

  /** An order whose answer got lost with the last visit. */
  async resume() {
    const { ordering, notices } = this.parts;
    const open = ordering.unanswered;
    if (!open || this.#resuming) return;
    this.#resuming = true;
    try {
      this.ordered(await ordering.place(open.body));
    } catch (error) {
      if (error instanceof ProblemError) notices.say(error.message, 'sorry');
    } finally {
      this.#resuming = false;
    }
  }

  /** @param {any} order */
  async cancel(order) {
    const { visit, attempt } = this.parts;
    const path = `/api/orders/${encodeURIComponent(order.id)}/cancel`;
    const done = visit.api.post(path, {}, { 'if-match': `"${order.version}"` });
    await attempt(done.then((changed) => visit.setOrder(changed)));
    visit.loadOrders().catch(() => {}); // what the room says comes anyway
  }
}
