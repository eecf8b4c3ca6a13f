import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFree, step } from '../js/collide.js';
import { route } from '../js/route.js';

const floor = { min: [-4, -4], max: [4, 4] };
const plinth = { min: [-0.5, -0.5], max: [0.5, 0.5] };

test('nobody walks through the wall of the room', () => {
  const spot = { x: 3.7, z: 0 };
  step(spot, 1, 0, floor, []);
  assert.ok(spot.x <= 3.75);
});

test('a step against a plinth slides along it', () => {
  const spot = { x: -0.8, z: 0 };
  step(spot, 0.1, 0.1, floor, [plinth]);
  assert.deepEqual(spot, { x: -0.8, z: 0.1 });
});

test('who stands in a plinth can leave it', () => {
  const spot = { x: 0, z: 0 };
  assert.equal(step(spot, 0.1, 0, floor, [plinth]), true);
});

test('the way to the other side goes around the corner', () => {
  const way = route({ x: -2, z: 0 }, { x: 2, z: 0 }, floor, [plinth]);
  assert.ok(way.length >= 2);
  assert.deepEqual(way.at(-1), { x: 2, z: 0 });
  for (const spot of way) assert.ok(isFree(spot.x, spot.z, floor, [plinth]));
});

test('who taps a plinth ends before it', () => {
  const goal = route({ x: -2, z: 0 }, { x: 0, z: 0 }, floor, [plinth]).at(-1);
  assert.ok(isFree(goal.x, goal.z, floor, [plinth]));
  assert.ok(goal.x < -0.7 && goal.x > -1);
});
