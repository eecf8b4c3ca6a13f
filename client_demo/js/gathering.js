// Where one stands when people come together.

/** @typedef {{x: number, z: number}} Spot metres */

/**
 * A place of one's own on the ring, the same for everybody who reckons it.
 *
 * @param {Spot} middle @param {number} radius metres @param {string} me @param {Iterable<string>} everybody
 * @returns {Spot}
 */
export function ringPlace(middle, radius, me, everybody) {
  const ids = [...new Set([...everybody, me])].sort();
  const angle = (ids.indexOf(me) / ids.length) * Math.PI * 2;
  return { x: middle.x + Math.cos(angle) * radius, z: middle.z + Math.sin(angle) * radius };
}

/**
 * On the way to somebody, an arm's length before them.
 *
 * @param {Spot} from @param {Spot} to @param {number} gap metres
 * @returns {Spot | null} null for who stands there already
 */
export function besides(from, to, gap) {
  const distance = Math.hypot(to.x - from.x, to.z - from.z);
  if (distance <= gap * 1.25) return null;
  const share = (distance - gap) / distance;
  return { x: from.x + (to.x - from.x) * share, z: from.z + (to.z - from.z) * share };
}
