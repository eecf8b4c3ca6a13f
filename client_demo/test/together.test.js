import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Company } from '../js/company.js';
import { besides, ringPlace } from '../js/gathering.js';
import { MOST, Talk, TYPING_MS } from '../js/talk.js';
import { World } from '../js/world.js';

const avatar = (id, index) => ({
  id,
  index,
  name: id.toUpperCase(),
  role: 'shopper',
  color: '#fff',
});
const welcome = (together) => ({
  rev: 3,
  you: { ...avatar('me', 0), avatar_id: 'me' },
  avatars: [avatar('a', 1), avatar('b', 2)],
  objects: [],
  together,
});

function there(together) {
  const world = new World();
  const company = new Company(world);
  world.welcome(welcome(together));
  return { world, company };
}

test('a newcomer knows whose hand is up, who walks with whom and who waits', () => {
  const call = { by: 'b', name: 'B', text: 'oak?' };
  const { company } = there({ hands: ['b', 'a'], following: { a: 'b' }, helps: [call] });
  assert.deepEqual([company.placeOf('b'), company.placeOf('a'), company.placeOf('me')], [1, 2, 0]);
  assert.equal(company.following.get('a'), 'b');
  assert.deepEqual([...company.calls.values()], [call]);
});

test('an older server that tells nothing of it does no harm', () => {
  const { company } = there(undefined);
  assert.deepEqual([company.hands, company.following.size, company.calls.size], [[], 0, 0]);
});

test('each change is followed', () => {
  const { world, company } = there({});
  world.apply('raised', { rev: 4, by: 'a', raised: true, order: ['a'] });
  world.apply('followed', { rev: 5, by: 'me', whom: 'a' });
  world.apply('help', { rev: 6, by: 'me', name: 'ME', on: true, text: '' });
  assert.equal(company.placeOf('a'), 1);
  assert.equal(company.following.get('me'), 'a');
  assert.ok(company.calls.has('me'));
  world.apply('followed', { rev: 7, by: 'me', whom: null });
  world.apply('help', { rev: 8, by: 'me', on: false, name: 'ME', text: '', helper: 'a' });
  assert.equal(company.following.size + company.calls.size, 0);
});

test('somebody who looks different keeps their place in the frames', () => {
  const { world } = there({});
  const leaf = { ...avatar('a', 1), name: 'Ada', figure: 'leaf' };
  assert.equal(world.apply('changed', { rev: 4, avatar: leaf }), true);
  assert.equal(world.avatars.get('a')?.figure, 'leaf');
  assert.equal(world.byIndex.get(1)?.name, 'Ada');
  world.apply('changed', { rev: 5, avatar: { ...avatar('me', 0), name: 'Zoe' } });
  assert.equal(world.you?.name, 'Zoe');
  assert.equal(world.avatars.has('me'), false);
  assert.equal(world.apply('changed', { rev: 6, avatar: avatar('x', 9) }), false);
});

test('what was said is kept, the latest of it, and counted until it is read', () => {
  const talk = new Talk();
  for (let i = 0; i < MOST + 5; i++) talk.heard({ by: 'a', name: 'A', text: `${i}`, at: i }, 'me');
  talk.heard({ by: 'me', name: 'ME', text: 'mine', to: 'a', at: 1 }, 'me');
  assert.equal(talk.lines.length, MOST);
  assert.deepEqual([talk.lines[0].text, talk.lines.at(-1)?.to], ['6', 'a']);
  assert.equal(talk.unread, MOST + 5);
  talk.read();
  assert.equal(talk.unread, 0);
});

test('who writes is forgotten when they stop, say it, leave, or fall silent', () => {
  const talk = new Talk();
  for (const by of ['a', 'b', 'c', 'd']) talk.types({ by, on: true }, 0);
  talk.types({ by: 'a', on: false }, 1);
  talk.heard({ by: 'b', name: 'B', text: 'so', at: 0 }, 'me');
  talk.left('c');
  assert.deepEqual(talk.writing(TYPING_MS - 1), ['d']);
  assert.deepEqual(talk.writing(TYPING_MS), []);
});

test('everybody finds a place of their own on the ring', () => {
  const ids = ['a', 'b', 'c', 'me'];
  const spots = ids.map((me) => ringPlace({ x: 1, z: 2 }, 1.5, me, ids));
  for (const spot of spots) assert.ok(Math.abs(Math.hypot(spot.x - 1, spot.z - 2) - 1.5) < 1e-9);
  assert.equal(new Set(spots.map(({ x, z }) => `${x.toFixed(3)} ${z.toFixed(3)}`)).size, 4);
});

test('one stops an arm’s length before whom one follows', () => {
  assert.deepEqual(besides({ x: 0, z: 0 }, { x: 4, z: 0 }, 1), { x: 3, z: 0 });
  assert.equal(besides({ x: 0, z: 0 }, { x: 1.2, z: 0 }, 1), null);
});
