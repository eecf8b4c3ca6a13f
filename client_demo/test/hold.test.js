// What one holds comes to rest somewhere, however the hold ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Box3, Group, Vector3 } from 'three';
import { Hold } from '../js/scene/hold.js';

const HOME = { position: [0, 1, 0], rotation: [0, 0, 0, 1] };
const HAND = { position: (out) => out.set(0, 1.5, -1), yaw: () => 0 };

/** A hold on a vase that the room gave, and what the room is asked. */
async function holding() {
  const thing = { id: 'vase', held_by: null };
  const world = { me: 'ada', things: new Map([['vase', thing]]) };
  const box = new Box3(new Vector3(-0.1, 0, -0.1), new Vector3(0.1, 0.3, 0.1));
  const pieces = new Map([['vase', { thing, box, group: new Group(), home: HOME }]]);
  const products = { world, pieces, mine: null, carry() {}, sync() {} };
  const scene = { bounds: { min: [-5, 0, -5], max: [5, 3, 5] } };
  const asked = [];
  const hold = new Hold(
    { parts: [] },
    products,
    { scene, restingHeight: () => 0 },
    async (name, message) => asked.push({ name, ...message }),
    () => {},
  );
  await hold.take('vase', HAND);
  thing.held_by = 'ada';
  hold.update();
  asked.length = 0;
  return { hold, thing, asked };
}

test('a piece that is put down stands on what is below', async () => {
  const { hold, asked } = await holding();
  await hold.putDown();
  assert.deepEqual(
    asked.map(({ name, position }) => [name, position]),
    [['release', [0, 0, -1]]],
  );
});

test('a piece that slipped out of the hand goes home', async () => {
  const { hold, thing, asked } = await holding();
  thing.held_by = null;
  hold.slip();
  await Promise.resolve();
  assert.equal(hold.id, null);
  assert.deepEqual(asked, [
    { name: 'grab', object: 'vase' },
    { name: 'release', object: 'vase', ...HOME },
  ]);
});

test('a piece that somebody else took meanwhile is theirs', async () => {
  const { hold, thing, asked } = await holding();
  thing.held_by = 'bea';
  hold.slip();
  await Promise.resolve();
  assert.equal(hold.id, null);
  assert.deepEqual(asked, []);
});
