// Pieces on display: which one is meant, what may be done with it, and how it comes to its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Raycaster, Vector3 } from 'three';
import { approach, arrived, makePiece, thingOf } from '../js/scene/piece.js';
import { Ring, Targets } from '../js/scene/targets.js';

const PRODUCT = { dimensions: { width: 0.2, height: 0.4, depth: 0.2 }, variants: [{ id: 'red' }] };

/** @param {string} id @param {number[]} position @param {any} [more] of its display */
function aPiece(id, position, more = {}) {
  const display = { id, sku: 'A', position, ...more };
  return makePiece(thingOf(display, PRODUCT), PRODUCT, display);
}

test('a display says what may be done with its piece, and what it shows at first', () => {
  const plain = aPiece('a', [0, 1, 0]);
  assert.deepEqual(plain.limits, { scale: [0.5, 2], reach: null, turn: 'free' });
  assert.equal(plain.thing.variant, 'red');
  assert.equal(aPiece('b', [0, 1, 0], { grab: false }).limits.turn, 'none');
  const turntable = aPiece('c', [0, 1, 0], { grab: false, limits: { turn: 'upright' } });
  assert.deepEqual([turntable.limits.turn, turntable.target.userData.grab], ['upright', false]);
});

test('a ray means the nearest piece, and misses what is beside it', () => {
  const targets = new Targets();
  for (const piece of [aPiece('near', [0, 0, -1]), aPiece('far', [0, 0, -3])]) targets.add(piece);
  const at = (/** @type {number} */ x) =>
    targets.pick(new Raycaster(new Vector3(x, 0.2, 2), new Vector3(0, 0, -1)));
  assert.deepEqual([at(0), at(0.11), at(0.3)], ['near', 'near', null]);
});

test('a hand takes the smallest it reaches into, of large ones only its own', () => {
  const targets = new Targets();
  const vase = aPiece('vase', [0, 0, 0]);
  const sofa = aPiece('sofa', [0, 0, 0]);
  sofa.box.set(new Vector3(-1, 0, -1), new Vector3(1, 1, 1));
  for (const piece of [sofa, vase]) targets.add(piece);
  const within = new Vector3(0, 0.2, 0);
  assert.equal(targets.touched(within, null), 'vase');
  assert.equal(targets.touched(new Vector3(0.8, 0.2, 0), null), null);
  assert.equal(targets.touched(new Vector3(0.8, 0.2, 0), 'sofa'), 'sofa');
});

test('a piece glides to its goal, and the whole way at once when it must', () => {
  const piece = aPiece('a', [0, 0, 0]);
  piece.goal.set(2, 0, 0);
  piece.goalScale = 2;
  approach(piece, 0.5);
  assert.deepEqual([piece.group.position.x, piece.group.scale.y, arrived(piece)], [1, 1.5, false]);
  approach(piece, 1);
  assert.ok(arrived(piece));
});

test('the ring lies around what is meant, and is gone with it', () => {
  const ring = new Ring();
  ring.show(aPiece('a', [1, 0, 2]));
  assert.ok(ring.mesh.visible);
  assert.deepEqual([ring.mesh.position.x, ring.mesh.position.z], [1, 2]);
  ring.show(null);
  assert.ok(!ring.mesh.visible);
});
