// Pointing something out to the others: what was told, and when it ends by itself.

const SPACING_MS = 200; // the room tells no more either
const AWHILE_MS = 10_000; // pressed on a page, a hand does not stay up for ever
const STILL = 0.03; // metres that are no news

/** @typedef {{object?: string, position?: number[]}} Target */
/** @typedef {'left' | 'right' | 'pointer'} HandName */

export class Pointing {
  /** @type {Target | null} as told */ target = null;
  #toldAt = Number.NEGATIVE_INFINITY;
  #until = Number.POSITIVE_INFINITY;

  /** @param {(at: Target | null, hand: HandName) => Promise<unknown>} tell the room */
  constructor(tell) {
    this.tell = tell;
  }

  /** Whether there may be something new. @param {number} now ms */
  due(now) {
    return now - this.#toldAt >= SPACING_MS;
  }

  /**
   * @param {Target | null} target nothing: the hand stays where it was
   * @param {number} now ms @param {boolean} [awhile] ends by itself @param {HandName} [hand]
   */
  at(target, now, awhile = false, hand = 'pointer') {
    if (!target) return;
    this.#until = awhile ? now + AWHILE_MS : Number.POSITIVE_INFINITY;
    if (same(target, this.target)) return;
    this.target = target;
    this.#toldAt = now;
    this.#say(target, hand);
  }

  lower() {
    if (!this.target) return;
    this.target = null;
    this.#say(null, 'pointer');
  }

  /** @param {number} now ms */
  update(now) {
    if (now > this.#until) this.lower();
  }

  /** A gesture that the room did not get is no trouble to tell of. @param {Target | null} target @param {HandName} hand */
  #say(target, hand) {
    this.tell(target, hand).catch(() => {
      this.target = null;
    });
  }
}

/** @param {Target} one @param {Target | null} other */
function same(one, other) {
  if (!other || one.object !== other.object) return false;
  if (!one.position || !other.position) return one.object !== undefined;
  const [x, y, z] = other.position;
  return Math.hypot(one.position[0] - x, one.position[1] - y, one.position[2] - z) < STILL;
}
