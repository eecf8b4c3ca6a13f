import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hearing } from '../js/hearing.js';
import { World } from '../js/world.js';

const ada = { id: 'a', index: 1, name: 'Ada', role: 'shopper', color: '#fff' };

/** A room that Bo is in, and the ears of his page. */
function room() {
  const world = new World();
  world.welcome({ rev: 5, you: { avatar_id: 'b', name: 'Bo' }, avatars: [], objects: [] });
  const quiet = { sync() {}, say() {}, setPeople() {}, again() {}, tell() {} };
  const parts = { world, visit: quiet, avatars: quiet, bar: quiet, notices: quiet };
  const hearing = new Hearing({ ...parts, presence: quiet, products: quiet });
  return { world, hearing };
}

test('a listener finds the world as the message left it', () => {
  const { world, hearing } = room();
  const heard = [];
  hearing.on('joined', ({ avatar }) => heard.push(world.nameOf(avatar.id)));
  hearing.message('joined', { rev: 6, avatar: ada });
  assert.deepEqual(heard, ['Ada']);
});

test('nobody hears an old change again, and everybody hears what has no revision', () => {
  const { hearing } = room();
  const heard = [];
  hearing.on('joined', () => heard.push('joined'));
  hearing.on('typing', () => heard.push('typing'));
  hearing.message('joined', { rev: 5, avatar: ada });
  hearing.message('typing', { by: 'a', on: true });
  assert.deepEqual(heard, ['typing']);
});

test('a message that nobody knows counts as told, and harms nothing', () => {
  const { world, hearing } = room();
  hearing.message('passed', { rev: 6 });
  hearing.message('of-tomorrow');
  assert.equal(world.rev, 6);
});
