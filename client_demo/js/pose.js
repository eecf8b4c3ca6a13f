// The bytes of a pose: head and hands of one avatar, 13 bytes without hands, 29 with.
//
// Little endian: flags u8 (bit 0 left hand, bit 1 right hand) · t u16 (sender's ms, low 16 bits)
// · head x y z u16 over the room's bounds · head quaternion u32 (smallest three)
// · when a hand is there, both: u32 offset from the head along the room's axes (3×10 bits over
// ±1 m) · u32 quaternion in the room. tests/vectors/pose.json binds this and the server alike.

export const LEFT = 1;
export const RIGHT = 2;
export const HEAD_BYTES = 13;
export const FULL_BYTES = 29;

const REACH = 1; // metres a hand can be from the head, per axis
const SMALLEST = Math.SQRT1_2; // no component but the largest is beyond
const NO_TURN = Float64Array.of(0, 0, 0, 1);
const NO_REACH = new Float64Array(3);

/**
 * @typedef {object} Bounds
 * @property {readonly number[]} min metres
 * @property {readonly number[]} max metres
 */

/**
 * @typedef {object} Pose
 * @property {number} flags LEFT | RIGHT
 * @property {number} t sender's clock, ms, low 16 bits
 * @property {Float64Array} head x y z, metres, room space
 * @property {Float64Array} turn the head's quaternion, xyzw
 * @property {Float64Array} left the left hand from the head, metres, room axes
 * @property {Float64Array} leftTurn
 * @property {Float64Array} right
 * @property {Float64Array} rightTurn
 */

/** @returns {Pose} A pose at the origin that looks along -Z. */
export function createPose() {
  return {
    flags: 0,
    t: 0,
    head: new Float64Array(3),
    turn: Float64Array.of(0, 0, 0, 1),
    left: new Float64Array(3),
    leftTurn: Float64Array.of(0, 0, 0, 1),
    right: new Float64Array(3),
    rightTurn: Float64Array.of(0, 0, 0, 1),
  };
}

/** @param {Pose} from @param {Pose} to */
export function copyPose(from, to) {
  to.flags = from.flags;
  to.t = from.t;
  to.head.set(from.head);
  to.turn.set(from.turn);
  to.left.set(from.left);
  to.leftTurn.set(from.leftTurn);
  to.right.set(from.right);
  to.rightTurn.set(from.rightTurn);
}

/** @param {number} value @param {number} low @param {number} high @param {number} steps */
function scale(value, low, high, steps) {
  const share = ((value - low) / (high - low)) * steps;
  return Math.round(Math.min(steps, Math.max(0, share))) || 0;
}

/** @param {ArrayLike<number>} q xyzw, of any length; without one it is no turn @returns {number} u32 */
export function packTurn(q) {
  const length = Math.hypot(q[0], q[1], q[2], q[3]);
  if (!(length > 1e-9 && length < Number.POSITIVE_INFINITY)) return packTurn(NO_TURN);
  let largest = 0;
  for (let i = 1; i < 4; i++) if (Math.abs(q[i]) > Math.abs(q[largest])) largest = i;
  const unit = (q[largest] < 0 ? -1 : 1) / length;
  let bits = largest;
  for (let i = 0; i < 4; i++) {
    if (i !== largest) bits = bits * 1024 + scale(q[i] * unit, -SMALLEST, SMALLEST, 1023);
  }
  return bits >>> 0;
}

/** @param {number} bits u32 @param {Float64Array} out xyzw */
export function unpackTurn(bits, out) {
  const largest = bits >>> 30;
  let squares = 0;
  let shift = 20;
  for (let i = 0; i < 4; i++) {
    if (i === largest) continue;
    const value = (((bits >>> shift) & 1023) / 1023) * 2 * SMALLEST - SMALLEST;
    out[i] = value;
    squares += value * value;
    shift -= 10;
  }
  out[largest] = Math.sqrt(Math.max(0, 1 - squares));
  const length = Math.sqrt(Math.max(1, squares));
  for (let i = 0; i < 4; i++) out[i] /= length;
}

/** @param {ArrayLike<number>} offset metres @returns {number} u32 */
export function packReach(offset) {
  let bits = 0;
  for (let i = 0; i < 3; i++) bits = bits * 1024 + scale(offset[i], -REACH, REACH, 1023);
  return bits >>> 0;
}

/** @param {number} bits @param {Float64Array} out metres */
export function unpackReach(bits, out) {
  out[0] = (((bits >>> 20) & 1023) / 1023) * 2 * REACH - REACH;
  out[1] = (((bits >>> 10) & 1023) / 1023) * 2 * REACH - REACH;
  out[2] = ((bits & 1023) / 1023) * 2 * REACH - REACH;
}

/**
 * @param {Pose} pose
 * @param {Bounds} bounds
 * @param {DataView} out at least FULL_BYTES long
 * @returns {number} bytes written
 */
export function encodePose(pose, bounds, out) {
  out.setUint8(0, pose.flags);
  out.setUint16(1, pose.t & 0xffff, true);
  for (let i = 0; i < 3; i++) {
    out.setUint16(3 + 2 * i, scale(pose.head[i], bounds.min[i], bounds.max[i], 65535), true);
  }
  out.setUint32(9, packTurn(pose.turn), true);
  if (pose.flags === 0) return HEAD_BYTES;
  const left = pose.flags & LEFT;
  const right = pose.flags & RIGHT;
  out.setUint32(13, packReach(left ? pose.left : NO_REACH), true);
  out.setUint32(17, packTurn(left ? pose.leftTurn : NO_TURN), true);
  out.setUint32(21, packReach(right ? pose.right : NO_REACH), true);
  out.setUint32(25, packTurn(right ? pose.rightTurn : NO_TURN), true);
  return FULL_BYTES;
}

/**
 * @param {DataView} view
 * @param {number} at first byte of the pose
 * @param {Bounds} bounds
 * @param {Pose} out
 * @returns {number} the byte after the pose
 */
export function decodePose(view, at, bounds, out) {
  out.flags = view.getUint8(at);
  out.t = view.getUint16(at + 1, true);
  for (let i = 0; i < 3; i++) {
    const share = view.getUint16(at + 3 + 2 * i, true) / 65535;
    out.head[i] = bounds.min[i] + share * (bounds.max[i] - bounds.min[i]);
  }
  unpackTurn(view.getUint32(at + 9, true), out.turn);
  if ((out.flags & (LEFT | RIGHT)) === 0) return at + HEAD_BYTES;
  unpackReach(view.getUint32(at + 13, true), out.left);
  unpackTurn(view.getUint32(at + 17, true), out.leftTurn);
  unpackReach(view.getUint32(at + 21, true), out.right);
  unpackTurn(view.getUint32(at + 25, true), out.rightTurn);
  return at + FULL_BYTES;
}

/**
 * Reads the frame of a whole room: server_ms u32, then per avatar its index u8 and its pose.
 *
 * @param {DataView} view
 * @param {Bounds} bounds
 * @param {Pose} scratch filled for each avatar in turn
 * @param {(index: number, pose: Pose) => void} each
 */
export function readPoses(view, bounds, scratch, each) {
  let at = 4;
  while (at + 1 + HEAD_BYTES <= view.byteLength) {
    const index = view.getUint8(at);
    const flags = view.getUint8(at + 1);
    if (flags > (LEFT | RIGHT)) return;
    if (flags && at + 1 + FULL_BYTES > view.byteLength) return;
    at = decodePose(view, at + 1, bounds, scratch);
    each(index, scratch);
  }
}
