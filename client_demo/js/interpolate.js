// Where an avatar is between two poses: a short buffer, replayed as late as its rhythm asks for.
//
// In a crowded room those far away are told four times a second, or less often; the server goes
// slower when it must. So the delay follows what comes: the time between two poses, and a margin for
// how unevenly they arrive. It changes little by little, as slow motion that nobody sees.

import { copyPose, createPose } from './pose.js';

export const LEAST_DELAY_MS = 80;
export const MOST_DELAY_MS = 1200;
const FIRST_DELAY_MS = 100;
const SLOTS = 16;
const SEND_MS = 50; // 20 poses a second while somebody moves
const PAUSE_MS = 150; // longer than this between two poses, and than before: they stood still
const LONGEST_MS = 1100; // nobody who moves is untold for longer
const UNEVEN = 1.6; // so much longer than the last time is no rhythm
const SLOWER = 0.35; // of the time that passes, while the delay grows
const FASTER = 0.15; // while it shrinks

/** @typedef {import('./pose.js').Pose} Pose */

/**
 * Shorter way between two quaternions, normalized; exact enough for the few degrees of 50 ms.
 *
 * @param {Float64Array} a @param {Float64Array} b @param {number} share 0…1
 * @param {Float64Array} out
 */
export function blendTurn(a, b, share, out) {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  const to = dot < 0 ? -share : share;
  let squares = 0;
  for (let i = 0; i < 4; i++) {
    out[i] = a[i] * (1 - share) + b[i] * to;
    squares += out[i] * out[i];
  }
  const length = Math.sqrt(squares) || 1;
  for (let i = 0; i < 4; i++) out[i] /= length;
}

/**
 * @param {Float64Array} a @param {Float64Array} b @param {number} share
 * @param {Float64Array} out
 */
function blend(a, b, share, out) {
  for (let i = 0; i < 3; i++) out[i] = a[i] + (b[i] - a[i]) * share;
}

/** One avatar's poses on the local clock. Nothing is allocated after construction. */
export class Track {
  #poses = Array.from({ length: SLOTS }, createPose);
  #times = new Float64Array(SLOTS); // local ms
  #count = 0;
  #next = 0;
  #lag = Number.POSITIVE_INFINITY; // local clock minus sender's clock, the least seen
  #interval = SEND_MS; // from one pose to the next, by the sender's clock
  #gap = SEND_MS; // the last one
  #jitter = 0; // how much later than the least lag they come
  #delay = FIRST_DELAY_MS;
  #sampledAt = 0;

  /** @returns {number} ms that the avatar is shown late */
  get delay() {
    return this.#delay;
  }

  get empty() {
    return this.#count === 0;
  }

  /**
   * @param {Pose} pose copied
   * @param {number} now local ms
   */
  push(pose, now) {
    const sent = this.#unwrap(pose.t, now);
    // The least lag is the truest; it creeps up so that a change of route or drift is followed.
    const lag = now - sent;
    this.#lag = lag < this.#lag ? lag : Math.min(lag, this.#lag + 0.5);
    this.#jitter += (lag - this.#lag - this.#jitter) * 0.1;
    let at = sent + this.#lag;
    if (this.#count > 0) {
      const last = (this.#next + SLOTS - 1) % SLOTS;
      if (at <= this.#times[last]) at = this.#times[last] + 1;
      if (this.#isPause(at - this.#times[last])) this.#times[last] = at - SEND_MS;
    }
    copyPose(pose, this.#poses[this.#next]);
    this.#times[this.#next] = at;
    this.#next = (this.#next + 1) % SLOTS;
    this.#count = Math.min(SLOTS, this.#count + 1);
  }

  /**
   * @param {number} now local ms
   * @param {Pose} out
   * @returns {boolean} whether the avatar is still on its way to the newest pose
   */
  sample(now, out) {
    if (this.#count === 0) return false;
    this.#adapt(now);
    const at = now - this.#delay;
    let later = (this.#next + SLOTS - 1) % SLOTS;
    if (at >= this.#times[later]) {
      copyPose(this.#poses[later], out);
      return false;
    }
    for (let i = 1; i < this.#count; i++) {
      const earlier = (later + SLOTS - 1) % SLOTS;
      if (this.#times[earlier] <= at) {
        this.#between(earlier, later, at, out);
        return true;
      }
      later = earlier;
    }
    copyPose(this.#poses[later], out);
    return true;
  }

  /**
   * Whether they stood still for this long: longer than ever while one moves, or all of a sudden.
   *
   * @param {number} gap ms since the last pose
   */
  #isPause(gap) {
    const sudden = gap > PAUSE_MS && gap > UNEVEN * this.#gap;
    if (gap > LONGEST_MS) return true;
    this.#gap = gap;
    if (!sudden) this.#interval += (gap - this.#interval) * (gap > this.#interval ? 0.5 : 0.1);
    return sudden;
  }

  /** @param {number} now local ms */
  #adapt(now) {
    const passed = this.#sampledAt ? Math.min(100, Math.max(0, now - this.#sampledAt)) : 0;
    this.#sampledAt = now;
    const wanted = this.#interval + SEND_MS / 2 + 2 * this.#jitter;
    const delay = Math.min(MOST_DELAY_MS, Math.max(LEAST_DELAY_MS, wanted));
    if (delay > this.#delay) this.#delay = Math.min(delay, this.#delay + passed * SLOWER);
    else this.#delay = Math.max(delay, this.#delay - passed * FASTER);
  }

  /** @param {number} earlier @param {number} later @param {number} at @param {Pose} out */
  #between(earlier, later, at, out) {
    const a = this.#poses[earlier];
    const b = this.#poses[later];
    const share = (at - this.#times[earlier]) / (this.#times[later] - this.#times[earlier]);
    out.flags = b.flags;
    out.t = b.t;
    blend(a.head, b.head, share, out.head);
    blendTurn(a.turn, b.turn, share, out.turn);
    // A hand that has just appeared has no earlier place to come from.
    const hands = a.flags === b.flags ? share : 1;
    blend(a.left, b.left, hands, out.left);
    blend(a.right, b.right, hands, out.right);
    blendTurn(a.leftTurn, b.leftTurn, hands, out.leftTurn);
    blendTurn(a.rightTurn, b.rightTurn, hands, out.rightTurn);
  }

  /**
   * The full sender time behind 16 bits: the one nearest to what the local clock expects.
   *
   * @param {number} low @param {number} now
   */
  #unwrap(low, now) {
    if (this.#count === 0) return low;
    const expected = now - this.#lag;
    return low + Math.round((expected - low) / 65536) * 65536;
  }
}
