// The way to a place on the floor: the shortest walk around the corners of what stands there.

import { inside, isFree, RADIUS } from './collide.js';

/** @typedef {import('./collide.js').Box} Box */
/** @typedef {import('./collide.js').Spot} Spot */

const CLEAR = RADIUS + 0.05; // corners are passed a little further out than the walls of a box

/** @param {Spot} from @param {Spot} to @param {readonly Box[]} obstacles */
function sees(from, to, obstacles) {
  return obstacles.every((box) => !crosses(from, to, box));
}

/**
 * Slab test of a segment against a box widened by the walker's radius.
 *
 * @param {Spot} from @param {Spot} to @param {Box} box
 */
function crosses(from, to, box) {
  let enter = 0;
  let leave = 1;
  for (const [start, way, low, high] of [
    [from.x, to.x - from.x, box.min[0] - RADIUS, box.max[0] + RADIUS],
    [from.z, to.z - from.z, box.min[1] - RADIUS, box.max[1] + RADIUS],
  ]) {
    if (Math.abs(way) < 1e-9) {
      if (start <= low || start >= high) return false;
      continue;
    }
    const a = (low - start) / way;
    const b = (high - start) / way;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
  }
  return enter < leave;
}

/** The nearest free spot to a wish: somebody who taps a plinth wants to stand before it.
 *
 * @param {Spot} from @param {Spot} wish @param {Box} floor @param {readonly Box[]} obstacles
 * @returns {Spot}
 */
export function nearestFree(from, wish, floor, obstacles) {
  if (isFree(wish.x, wish.z, floor, obstacles)) return wish;
  const distance = Math.hypot(from.x - wish.x, from.z - wish.z) || 1;
  for (let back = 0.1; back < distance; back += 0.1) {
    const x = wish.x + ((from.x - wish.x) / distance) * back;
    const z = wish.z + ((from.z - wish.z) / distance) * back;
    if (isFree(x, z, floor, obstacles)) return { x, z };
  }
  return { x: from.x, z: from.z };
}

/**
 * Dijkstra over the corners that see each other.
 *
 * @param {Spot} from @param {Spot} wish @param {Box} floor @param {readonly Box[]} obstacles
 * @returns {Spot[]} the places to pass, the last one is the goal; empty when there is no way
 */
export function route(from, wish, floor, obstacles) {
  const to = nearestFree(from, wish, floor, obstacles);
  const blocking = obstacles.filter((box) => !inside(from.x, from.z, box));
  if (sees(from, to, blocking)) return [to];
  const corners = blocking.flatMap((box) => [
    { x: box.min[0] - CLEAR, z: box.min[1] - CLEAR },
    { x: box.max[0] + CLEAR, z: box.min[1] - CLEAR },
    { x: box.min[0] - CLEAR, z: box.max[1] + CLEAR },
    { x: box.max[0] + CLEAR, z: box.max[1] + CLEAR },
  ]);
  const spots = [from, to, ...corners.filter((c) => isFree(c.x, c.z, floor, blocking))];
  return shortest(spots, blocking);
}

/** @param {Spot[]} spots first the start, then the goal @param {readonly Box[]} obstacles */
function shortest(spots, obstacles) {
  const cost = spots.map((_, i) => (i === 0 ? 0 : Number.POSITIVE_INFINITY));
  const before = spots.map(() => -1);
  const open = new Set(spots.keys());
  while (open.size > 0) {
    const near = [...open].reduce((a, b) => (cost[b] < cost[a] ? b : a));
    open.delete(near);
    if (cost[near] === Number.POSITIVE_INFINITY) return [];
    if (near === 1) break;
    for (const next of open) {
      const way = Math.hypot(spots[next].x - spots[near].x, spots[next].z - spots[near].z);
      if (cost[near] + way < cost[next] && sees(spots[near], spots[next], obstacles)) {
        cost[next] = cost[near] + way;
        before[next] = near;
      }
    }
  }
  /** @type {Spot[]} */
  const way = [];
  for (let at = 1; at > 0; at = before[at]) way.unshift(spots[at]);
  return before[1] < 0 ? [] : way;
}
