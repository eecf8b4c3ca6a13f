// Where people stand when they come in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entrance } from '../js/opening.js';

const SPAWNS = [0, 1, 2].map((x) => ({ position: [x * 2, 0, 0], rotation: [0, 0, 0, 1] }));

test('the first ones stand on the spawn points', () => {
  assert.deepEqual(entrance(SPAWNS, 1), SPAWNS[1]);
});

test('those who come later stand beside them, never in the same place', () => {
  const places = Array.from({ length: 9 }, (_, i) => entrance(SPAWNS, i)?.position ?? []);
  for (const [i, [x, , z]] of places.entries()) {
    for (const [otherX, , otherZ] of places.slice(0, i)) {
      assert.ok(Math.hypot(x - otherX, z - otherZ) > 0.5);
    }
  }
});

test('a scene without spawn points has no place to offer', () => {
  assert.equal(entrance([], 3), null);
});
