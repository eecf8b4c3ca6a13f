// The bubble, and whom one keeps away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST, opacity, radiusOf, USUAL } from '../js/bubble.js';
import { Shield } from '../js/shield.js';
import { World } from '../js/world.js';

const you = { avatar_id: 'me', index: 0, name: 'Ada', role: 'shopper', color: '#111111' };
const avatars = ['b', 'c'].map((id, at) => ({
  id,
  index: at + 1,
  name: id,
  role: 'shopper',
  color: '#222222',
}));

/** @param {object} [safety] */
function aWorld(safety) {
  const world = new World();
  const shield = new Shield(world);
  world.welcome({ rev: 5, you, avatars, objects: [], safety });
  return { world, shield };
}

test('who comes into the bubble fades, and is gone at its inner rim', () => {
  assert.equal(opacity(2, 1), 1);
  assert.equal(opacity(1, 1), 1);
  assert.equal(opacity(0.5, 1), 0);
  assert.ok(Math.abs(opacity(0.85, 1) - 0.5) < 1e-9);
  for (let d = 0; d < 2; d += 0.01) assert.ok(opacity(d, 1) <= opacity(d + 0.01, 1));
  assert.equal(opacity(0, 0), 1);
});

test('a radius that was remembered is one, or the usual', () => {
  for (const value of [null, 'x', Number.NaN, -1, MOST + 1]) assert.equal(radiusOf(value), USUAL);
  assert.equal(radiusOf(0), 0);
});

test('what the room says of oneself replaces what was; what it says to others is not for one', () => {
  const { world, shield } = aWorld({ muted: ['b'], hidden: [], blocked: [], veiled: [] });
  assert.ok(shield.deafTo('b'));
  world.apply('shielded', { rev: 6, to: 'c', muted: [], hidden: [], blocked: [], veiled: [] });
  assert.ok(shield.muted.has('b'));
  world.apply('shielded', {
    rev: 7,
    to: 'me',
    muted: [],
    hidden: [],
    blocked: ['c'],
    veiled: ['c'],
  });
  assert.deepEqual([[...shield.muted], [...shield.veiled]], [[], ['c']]);
  assert.ok(shield.raised);
  world.apply('left', { rev: 8, avatar_id: 'c' });
  assert.ok(!shield.raised);
});

test('a silence is heard by all, and ends', () => {
  const { world, shield } = aWorld();
  world.apply('silenced', { rev: 6, avatar: 'b', on: true, until: 1 });
  assert.ok(shield.deafTo('b'));
  world.apply('silenced', { rev: 7, avatar: 'b', on: false });
  assert.ok(!shield.deafTo('b'));
});

test('no voice comes from who is not seen, whoever chose so', () => {
  const { world, shield } = aWorld();
  const lists = { muted: [], hidden: [], blocked: [], veiled: ['b'] };
  world.apply('shielded', { rev: 6, to: 'me', ...lists }); // b has blocked one
  assert.deepEqual(
    ['b', 'c'].map((id) => shield.deafTo(id)),
    [true, false],
  );
});
