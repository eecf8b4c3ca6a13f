// The personal bubble: whoever comes closer than one likes fades out, for oneself alone.
// A server could not keep people apart without moving them against their will, so it does not try.

export const MOST = 1.5; // metres
export const USUAL = 0.8; // an arm's length
const SOFT = 0.3; // share of the radius in which somebody fades

/**
 * @param {number} distance metres on the floor @param {number} radius metres; 0: no bubble
 * @returns {number} 0 for nothing to see … 1 for all
 */
export function opacity(distance, radius) {
  if (radius <= 0 || distance >= radius) return 1;
  const inner = radius * (1 - SOFT);
  return distance <= inner ? 0 : (distance - inner) / (radius - inner);
}

/** @param {unknown} value as it was remembered @returns {number} metres */
export function radiusOf(value) {
  return typeof value === 'number' && value >= 0 && value <= MOST ? value : USUAL;
}
