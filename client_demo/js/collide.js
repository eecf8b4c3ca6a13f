// Walking without passing through things: a disc on the floor among boxes.

/** @typedef {{min: readonly number[], max: readonly number[]}} Box  x and z, metres */
/** @typedef {{x: number, z: number}} Spot */

export const RADIUS = 0.25; // metres around a standing person

/** @param {number} x @param {number} z @param {Box} box */
export function inside(x, z, box, radius = RADIUS) {
  return (
    x > box.min[0] - radius &&
    x < box.max[0] + radius &&
    z > box.min[1] - radius &&
    z < box.max[1] + radius
  );
}

/** @param {number} x @param {number} z @param {Box} floor @param {readonly Box[]} obstacles */
export function isFree(x, z, floor, obstacles) {
  if (x < floor.min[0] + RADIUS || x > floor.max[0] - RADIUS) return false;
  if (z < floor.min[1] + RADIUS || z > floor.max[1] - RADIUS) return false;
  for (let i = 0; i < obstacles.length; i++) if (inside(x, z, obstacles[i])) return false;
  return true;
}

/**
 * One step that slides along what is in the way. Who stands in a box already may leave it.
 *
 * @param {Spot} spot changed in place
 * @param {number} dx metres @param {number} dz metres
 * @param {Box} floor @param {readonly Box[]} obstacles
 * @returns {boolean} whether anything moved
 */
export function step(spot, dx, dz, floor, obstacles) {
  const { x, z } = spot;
  const stuck = !isFree(x, z, floor, obstacles);
  if (stuck || isFree(x + dx, z + dz, floor, obstacles)) {
    spot.x = Math.min(floor.max[0] - RADIUS, Math.max(floor.min[0] + RADIUS, x + dx));
    spot.z = Math.min(floor.max[1] - RADIUS, Math.max(floor.min[1] + RADIUS, z + dz));
  } else if (isFree(x + dx, z, floor, obstacles)) spot.x = x + dx;
  else if (isFree(x, z + dz, floor, obstacles)) spot.z = z + dz;
  return Math.abs(spot.x - x) + Math.abs(spot.z - z) > 1e-6;
}
