// From the cart to the order: what the visitor buys, and what is sent about it.

import { ProblemError } from './api.js';
import { add } from './cart.js';

/**
 * @typedef {object} Parts
 * @property {import('./visit.js').Visit} visit @property {import('./attempt.js').Ordering} ordering
 * @property {import('./ui/notices.js').Notices} notices
 * @property {import('./ui/orders.js').Orders} orders
 * @property {(promise: Promise<unknown>) => Promise<boolean>} attempt says what went wrong
 * @property {(lines: readonly import('./cart.js').Line[]) => Promise<boolean>} tellRoom that keeps
 *   the cart, too; false when the line was lost before it had an answer
 */

export class Buying {
  #resuming = false;
  /** @type {readonly import('./cart.js').Line[] | null} a cart that the room has not heard of */
  #untold = null;

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
  async setLines(lines) {
    this.#untold = lines;
    this.parts.visit.setLines(lines);
    if ((await this.parts.tellRoom(lines)) && this.#untold === lines) this.#untold = null;
  }

  /**
   * Coming in, the server's cart wins unless it is empty and this browser kept one; coming back, what
   * was changed without a line is told now.
   *
   * @param {any} cart @param {boolean} [back] the visit goes on
   */
  merge(cart, back = false) {
    const { visit } = this.parts;
    const theirs = cart?.lines ?? [];
    const kept = !back && theirs.length === 0 && visit.lines.length > 0;
    if (this.#untold || kept) this.setLines(visit.lines);
    else visit.setLines(theirs);
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
