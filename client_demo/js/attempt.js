// One try to place an order, told apart from every other by its key, until it is answered.

import { ProblemError, Unreachable } from './api.js';

/** @typedef {{key: string, body: any}} Attempt */
/**
 * @typedef {object} Notebook where an attempt survives a closed page
 * @property {(key: string) => any} recall @property {(key: string, value: unknown) => void} remember
 */

const WAITS_MS = [500, 1000, 2000, 4000, 8000];

export class Ordering {
  /**
   * @param {import('./api.js').Api} api
   * @param {Notebook} notebook
   * @param {() => string} newKey
   * @param {(ms: number) => Promise<void>} [pause]
   */
  constructor(api, notebook, newKey, pause = (ms) => new Promise((done) => setTimeout(done, ms))) {
    this.api = api;
    this.notebook = notebook;
    this.newKey = newKey;
    this.pause = pause;
  }

  /** @returns {Attempt | null} what was sent and never answered */
  get unanswered() {
    return this.notebook.recall('attempt');
  }

  /**
   * The same body keeps its key; another body is another order.
   *
   * @param {any} body of POST /api/orders
   * @param {() => void} [onLost] told once when there is no answer yet
   * @returns {Promise<any>} the order
   * Throws ProblemError when refused, Unreachable when the last try had no answer either.
   */
  async place(body, onLost = () => {}) {
    const before = this.unanswered;
    const same = before && JSON.stringify(before.body) === JSON.stringify(body);
    const attempt = same ? before : { key: this.newKey(), body };
    this.notebook.remember('attempt', attempt);
    return this.#send(attempt, onLost);
  }

  /** @param {Attempt} attempt @param {() => void} onLost */
  async #send(attempt, onLost) {
    for (let round = 0; ; round++) {
      try {
        const order = await this.api.post('/api/orders', attempt.body, {
          'idempotency-key': attempt.key,
        });
        this.notebook.remember('attempt', null);
        return order;
      } catch (error) {
        if (!mayPass(error)) {
          this.notebook.remember('attempt', null);
          throw error;
        }
        if (round === 0 && error instanceof Unreachable) onLost();
        if (round === WAITS_MS.length) throw error;
        await this.pause(WAITS_MS[round]);
      }
    }
  }
}

/** Whether the same request may succeed a moment later. @param {unknown} error */
function mayPass(error) {
  if (error instanceof Unreachable) return true;
  // Only "still running" among the conflicts is answered by waiting.
  if (!(error instanceof ProblemError)) return false;
  if (error.status === 409) return /running|pending|progress/.test(error.type);
  return error.status === 503 || error.status === 429;
}
