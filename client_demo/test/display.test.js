// What the room says of its pieces beyond where they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Display, spunBy } from '../js/display.js';
import { World } from '../js/world.js';

function inside(objects = [{ id: 'shoe', position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: 1 }]) {
  const clock = { now: 1000 };
  const world = new World();
  const display = new Display(world, () => clock.now);
  world.welcome({
    rev: 1,
    you: { avatar_id: 'me' },
    server_time: 5_000_000,
    avatars: [],
    objects,
    display: { spotlight: 'shoe', pointing: [{ by: 'bea', hand: 'left', object: 'shoe' }] },
  });
  return { world, display, clock, shoe: () => world.things.get('shoe') };
}

test('a newcomer knows what is lit and who points', () => {
  const { display } = inside();
  assert.equal(display.spotlight, 'shoe');
  assert.equal(display.pointing.get('bea')?.object, 'shoe');
});

test('what a move does not say is as by default', () => {
  const { world, shoe } = inside();
  const place = { object: 'shoe', position: [1, 0, 0], rotation: [0, 0, 0, 1] };
  world.apply('moved', { rev: 2, ...place, scale: 1.5, spin: 1, at: 5_000_000 });
  assert.deepEqual([shoe().scale, shoe().spin], [1.5, 1]);
  world.apply('held', { rev: 3, ...place, by: 'bea' });
  assert.deepEqual([shoe().scale, shoe().spin, shoe().held_by], [1, 0, 'bea']);
});

test('pins, hotspots and light follow the room', () => {
  const { world, display, shoe } = inside();
  world.apply('pinned', { rev: 2, object: 'shoe', pinned: true, by: 'bea' });
  world.apply('shown', { rev: 3, object: 'shoe', hotspot: 'sole', by: 'bea' });
  world.apply('lit', { rev: 4, object: null, by: 'bea' });
  assert.deepEqual([shoe().pinned, shoe().hotspot, display.spotlight], [true, 'sole', null]);
  world.apply('shown', { rev: 5, object: 'shoe', hotspot: null, by: 'bea' });
  assert.equal(shoe().hotspot, null);
});

test('a hand that is lowered or gone points no more', () => {
  const { world, display } = inside();
  world.apply('pointed', { rev: 2, by: 'carl', hand: 'pointer', position: [1, 2, 3] });
  assert.deepEqual(display.pointing.get('carl')?.position, [1, 2, 3]);
  world.apply('pointed', { rev: 3, by: 'carl', hand: 'pointer' });
  world.apply('left', { rev: 4, avatar_id: 'bea' });
  assert.equal(display.pointing.size, 0);
});

test('a piece turns by the clock of the room', () => {
  const { world, display, clock, shoe } = inside();
  assert.equal(display.serverNow, 5_000_000);
  const place = { object: 'shoe', position: [0, 0, 0], rotation: [0, 0, 0, 1] };
  world.apply('moved', { rev: 2, ...place, spin: Math.PI, at: 5_000_040 });
  assert.equal(display.serverNow, 5_000_040, 'the clock is at least where the room says');
  clock.now += 500;
  assert.equal(spunBy(shoe(), display.serverNow), Math.PI / 2);
  assert.equal(spunBy({ spin: 0, at: 0 }, display.serverNow), 0);
});
