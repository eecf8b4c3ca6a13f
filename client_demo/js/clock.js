// What time it is at the server: the local clock and how far it is off.

const SAMPLES = 5;
export const AGAIN_MS = 60_000;

/** @typedef {(name: 'clock', message: {t: number}) => Promise<{t: number, server_time: number}>} Ask */

export class Clock {
  /** @type {number} server's milliseconds minus local ones */ #offset;
  /** @type {() => number} */ #local;
  /** @type {number} of the sample that counts, ms there and back */ roundTrip =
    Number.POSITIVE_INFINITY;

  /** @param {() => number} local milliseconds that never go back; any beginning */
  constructor(local = () => performance.now()) {
    this.#local = local;
    this.#offset = Date.now() - local();
  }

  /** @returns {number} milliseconds since 1970, as the server counts them */
  now() {
    return this.#local() + this.#offset;
  }

  /** A first guess: half a way late. @param {number} serverTime ms since 1970, just arrived */
  guess(serverTime) {
    if (this.roundTrip === Number.POSITIVE_INFINITY) this.#offset = serverTime - this.#local();
  }

  /**
   * Asks some times and believes the answer that was back first: what delays a message is seldom
   * the same on both ways, and the error is at most half of the way there and back.
   *
   * @param {Ask} ask throws when there is no answer
   * @returns {Promise<boolean>} whether any answer came
   */
  async measure(ask) {
    let best = Number.POSITIVE_INFINITY;
    let offset = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const left = this.#local();
      const answer = await ask('clock', { t: left }).catch(() => null);
      const back = this.#local();
      if (!answer || !Number.isFinite(answer.server_time) || back - left >= best) continue;
      best = back - left;
      offset = answer.server_time + best / 2 - back;
    }
    if (best === Number.POSITIVE_INFINITY) return false;
    this.roundTrip = best;
    this.#offset = offset;
    return true;
  }
}

/** The page's: one server, one clock. */
export const clock = new Clock();
