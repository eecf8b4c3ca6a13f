// The pages of staff: looking again and again, and who waits for a human.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError, Unreachable } from '../js/api.js';
import { minutesSince, newCalls } from '../js/desk/helps.js';
import { Watch } from '../js/desk/watch.js';
import { ROOM_TEXTS } from '../js/rooms/texts.js';

/** @param {() => Promise<unknown>} look */
function watching(look, seen = true) {
  /** @type {unknown[]} */ const told = [];
  const watch = new Watch(
    5,
    look,
    { reachable: (yes) => told.push(yes), signedOut: () => told.push('out') },
    () => seen,
  );
  return { watch, told };
}

test('it looks again after each look, and no more when it was stopped', async () => {
  let looks = 0;
  const { watch, told } = watching(async () => {
    looks += 1;
    if (looks === 2) throw new Unreachable('away');
    if (looks === 3) watch.stop();
  });
  await watch.start();
  while (looks < 3) await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 30));
  assert.equal(looks, 3);
  assert.deepEqual(told, [true, false]);
});

test('a session that is over ends it', async () => {
  const { watch, told } = watching(async () => {
    throw new ProblemError({ type: 'expired-token', title: 'Over', status: 401 });
  });
  await watch.start();
  await new Promise((done) => setTimeout(done, 30));
  assert.deepEqual(told, ['out']);
});

test('nothing is asked while nobody looks at the page', async () => {
  let looks = 0;
  const { watch } = watching(async () => {
    looks += 1;
  }, false);
  await watch.start();
  watch.stop();
  assert.equal(looks, 0);
});

test('who waits already is not told of again', () => {
  const call = { showroom: 'demo', room: 'demo-1', name: 'Anna', text: '', at: 0, guides: 0 };
  const anna = { ...call, avatar: 'a' };
  const bruno = { ...call, avatar: 'b', room: 'demo-2' };
  assert.deepEqual(newCalls([anna], [{ ...anna, text: 'more' }, bruno]), [bruno]);
  assert.deepEqual(
    [-5, 0, 59_999, 60_000].map((ms) => minutesSince(0, ms)),
    [0, 0, 0, 1],
  );
});

test('the page of rooms says the same things in every language', () => {
  const keys = Object.keys(ROOM_TEXTS.en).sort();
  for (const language of ['fr', 'it']) {
    assert.deepEqual(Object.keys(ROOM_TEXTS[language]).sort(), keys);
  }
});
