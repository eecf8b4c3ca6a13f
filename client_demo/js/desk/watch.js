// Looking again and again at what the server has, while anybody looks at the page.

import { ProblemError, Unreachable } from '../api.js';

/**
 * @typedef {object} Ears
 * @property {(reachable: boolean) => void} reachable @property {() => void} signedOut
 */

export class Watch {
  #on = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /**
   * @param {number} everyMs from the end of one look to the next @param {() => Promise<unknown>} look
   * @param {Ears} ears @param {() => boolean} [seen] somebody looks at the page
   */
  constructor(everyMs, look, ears, seen = () => document.visibilityState === 'visible') {
    this.everyMs = everyMs;
    this.look = look;
    this.ears = ears;
    this.seen = seen;
  }

  start() {
    this.#on = true;
    return this.now();
  }

  stop() {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  /** Looks at once, and goes on from here. */
  async now() {
    clearTimeout(this.#timer);
    let signedIn = true;
    try {
      if (this.seen()) await this.look();
      if (this.#on) this.ears.reachable(true);
    } catch (error) {
      signedIn = !(error instanceof ProblemError && [401, 403].includes(error.status));
      if (error instanceof Unreachable && this.#on) this.ears.reachable(false);
      else if (signedIn) console.error(error);
    }
    if (!this.#on) return;
    if (!signedIn) {
      this.stop();
      this.ears.signedOut();
      return;
    }
    clearTimeout(this.#timer); // somebody may have looked meanwhile
    this.#timer = setTimeout(() => this.now(), this.everyMs);
  }
}
