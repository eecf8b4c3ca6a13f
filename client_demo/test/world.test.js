import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../js/world.js';

const vase = { id: 'vase', sku: 'V', position: [0, 0, 0], rotation: [0, 0, 0, 1], variant: null };

function worldWithVase() {
  const world = new World();
  const things = [{ ...vase, held_by: null }];
  world.welcome({ rev: 1, you: { avatar_id: 'a', name: 'Ada' }, avatars: [], objects: things });
  return world;
}

test('a feature says what its message does, beside what is done already', () => {
  const world = worldWithVase();
  const scale = (world, { object, scale }) => {
    world.things.get(object).scale = scale;
    return true;
  };
  world.on('moved', scale);
  assert.equal(
    world.apply('moved', { rev: 2, object: 'vase', position: [1, 0, 0], scale: 2 }),
    true,
  );
  const { position, scale: size } = world.things.get('vase');
  assert.deepEqual([position, size], [[1, 0, 0], 2]);
});

test('only what moves a piece moves it', () => {
  const world = worldWithVase();
  world.apply('pointed', { rev: 2, object: 'vase', position: [1, 0, 0] });
  assert.deepEqual(world.things.get('vase').position, [0, 0, 0]);
  assert.equal(world.rev, 2);
});

test('a feature reads its part of the snapshot', () => {
  const world = new World();
  let lit = null;
  world.on('welcome', (_, { display }) => {
    lit = display.spotlight;
    return true;
  });
  const you = { avatar_id: 'a', name: 'Ada', role: 'staff' };
  world.welcome({ rev: 1, you, avatars: [], objects: [], display: { spotlight: 'vase' } });
  assert.equal(lit, 'vase');
  assert.deepEqual([world.you.id, world.you.role], ['a', 'staff']);
});
