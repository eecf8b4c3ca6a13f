// Whether somebody moved, or only trembled: a headset that lies on a table is never quite still.
// The room holds by the same figures (server/rooms/pose.py).

import { HEAD_BYTES } from './pose.js';

const STILL_METRES = 0.002; // on each axis of the head
const STILL_CODES = 2; // of 1023, in a hand's place and in any turn
export const SETTLE_MS = 2000; // a drift within the band is told after that long

/** Two packed triples, top bits equal. @param {number} a @param {number} b u32 */
function near(a, b) {
  if (a === b) return true;
  if (a >>> 30 !== b >>> 30) return false;
  for (let shift = 20; shift >= 0; shift -= 10) {
    if (Math.abs(((a >>> shift) & 1023) - ((b >>> shift) & 1023)) > STILL_CODES) return false;
  }
  return true;
}

/** Remembers what was sent, as bytes. Nothing is allocated after construction. */
export class Deadband {
  #last = new DataView(new ArrayBuffer(32));
  #length = 0;
  #at = 0;

  /** The next pose counts as moved. */
  forget() {
    this.#length = 0;
  }

  /**
   * @param {DataView} pose encoded @param {number} length bytes
   * @param {import('./pose.js').Bounds} bounds @param {number} now ms
   * @returns {boolean} whether it is worth telling; then it is remembered
   */
  moved(pose, length, bounds, now) {
    if (length === this.#length && !this.#differs(pose, length)) return false;
    if (this.#still(pose, length, bounds) && now - this.#at < SETTLE_MS) return false;
    for (let i = 0; i < length; i++) this.#last.setUint8(i, pose.getUint8(i));
    this.#length = length;
    this.#at = now;
    return true;
  }

  /** In anything but the time. @param {DataView} pose @param {number} length */
  #differs(pose, length) {
    if (pose.getUint8(0) !== this.#last.getUint8(0)) return true;
    for (let i = 3; i < length; i++) if (pose.getUint8(i) !== this.#last.getUint8(i)) return true;
    return false;
  }

  /** @param {DataView} pose @param {number} length @param {import('./pose.js').Bounds} bounds */
  #still(pose, length, bounds) {
    const last = this.#last;
    if (length !== this.#length || pose.getUint8(0) !== last.getUint8(0)) return false;
    for (let i = 0; i < 3; i++) {
      const slack = (STILL_METRES * 65535) / (bounds.max[i] - bounds.min[i]);
      const at = 3 + 2 * i;
      if (Math.abs(pose.getUint16(at, true) - last.getUint16(at, true)) > slack) return false;
    }
    if (!near(pose.getUint32(9, true), last.getUint32(9, true))) return false;
    for (let at = HEAD_BYTES; at < length; at += 4) {
      if (!near(pose.getUint32(at, true), last.getUint32(at, true))) return false;
    }
    return true;
  }
}
