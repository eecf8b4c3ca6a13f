// What one holds comes to rest somewhere, however the hold ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Box3, Group, Vector3 } from 'three';
import { Hold } from '../js/scene/hold.js';

const HOME = { position: [0, 1, 0], rotation: [0, 0, 0, 1] };
const HAND = { position: (out) => out.set(0, 1.5, -1), yaw: () => 0 };

/** A controller that can be moved. */
function controller(name, x) {
  const place = new Vector3(x, 1.2, -0.4);
  return {
    name,
    place,
    at: (out) => out.copy(place),
    position: (out) => out.copy(place).add(new Vector3(0, 0, -0.3)),
    yaw: () => 0,
  };
}

/** A hold on a vase that the room gave, and what the room is asked. */
async function holding(hand = HAND, limits = { scale: [0.5, 2], reach: null, turn: 'free' }) {
  const thing = { id: 'vase', held_by: null };
  const world = { me: 'ada', things: new Map([['vase', thing]]) };
  const box = new Box3(new Vector3(-0.1, 0, -0.1), new Vector3(0.1, 0.3, 0.1));
  const pieces = new Map([['vase', { thing, box, group: new Group(), home: HOME, limits }]]);
  const drawn = [];
  const carry = (_id, position, _rotation, scale) => drawn.push([...position.toArray(), scale]);
  const products = { world, pieces, mine: null, carry, sync() {} };
  const scene = { bounds: { min: [-5, 0, -5], max: [5, 3, 5] } };
  const asked = [];
  const hold = new Hold(
    { parts: [], wake() {} },
    products,
    { scene, restingHeight: () => 0 },
    async (name, message) => asked.push({ name, ...message }),
    () => {},
  );
  await hold.take('vase', hand);
  thing.held_by = 'ada';
  hold.update();
  asked.length = 0;
  return { hold, thing, asked, drawn };
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
    { name: 'release', object: 'vase', home: true },
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

test('two hands that part make a piece larger, within what its display allows', async () => {
  const left = controller('left', -0.2);
  const right = controller('right', 0.2);
  const { hold, asked, drawn } = await holding(left);
  await hold.join(right);
  assert.deepEqual(asked.shift(), { name: 'grab', object: 'vase', hand: 'right' });
  right.place.x = 0.4;
  hold.update();
  assert.ok(Math.abs(hold.scale - 1.5) < 1e-9);
  assert.ok(Math.abs(drawn.at(-1)[3] - 1.5) < 1e-9);
  right.place.x = 3;
  hold.update();
  assert.equal(hold.scale, 2);
  right.place.x = -0.19;
  hold.update();
  assert.equal(hold.scale, 0.5);
});

test('one of two hands may open, and the piece does not jump', async () => {
  const left = controller('left', -0.2);
  const right = controller('right', 0.2);
  const { hold, asked, drawn } = await holding(left);
  await hold.join(right);
  hold.update();
  const before = drawn.at(-1);
  await hold.letGo(left);
  assert.deepEqual(asked.at(-1), { name: 'release', object: 'vase', hand: 'left' });
  right.place.y += 0.1;
  hold.update(0);
  const after = drawn.at(-1);
  assert.ok(Math.abs(after[1] - before[1] - 0.1) < 1e-9);
  assert.ok(Math.abs(after[0] - before[0]) < 1e-9);
  assert.ok(hold.has(right) && !hold.has(left) && !hold.both);
});

test('a hand of flesh is not joined by a mouse', async () => {
  const { hold, asked } = await holding();
  await hold.join(controller('right', 0.2));
  assert.deepEqual(asked, []);
  assert.equal(hold.both, false);
});

test('a piece with a short reach stays near its place', async () => {
  const { drawn } = await holding(HAND, { scale: [1, 1], reach: 0.5, turn: 'none' });
  const [x, y, z] = drawn.at(-1);
  assert.ok(Math.abs(Math.hypot(x, y - 1, z) - 0.5) < 1e-9);
});

test('size changes within limits, and goes with the piece', async () => {
  const { hold, asked } = await holding();
  hold.resize(1.5);
  hold.resize(1.5);
  assert.equal(hold.scale, 2);
  await hold.putDown();
  assert.equal(asked.at(-1).scale, 2);
});

test('a lease is renewed between slow pictures, but not when there are none', async (t) => {
  let now = performance.now();
  t.mock.method(performance, 'now', () => now);
  const { hold, asked } = await holding();
  hold.keep();
  assert.deepEqual(asked, []);
  now += 2000;
  hold.keep();
  assert.deepEqual(
    asked.map(({ name, object }) => [name, object]),
    [['move', 'vase']],
  );
  now += 20_000;
  hold.keep();
  assert.equal(asked.length, 1);
});
