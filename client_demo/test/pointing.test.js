// Pointing something out to the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pointing } from '../js/pointing.js';

function pointing() {
  const told = [];
  const hand = new Pointing(async (at, name) => told.push([at, name]));
  return { hand, told };
}

test('the same target is told once, another one again, and the end', () => {
  const { hand, told } = pointing();
  hand.at({ object: 'shoe' }, 0);
  hand.at({ object: 'shoe' }, 300);
  hand.at({ position: [0, 1, 0] }, 600, false, 'left');
  hand.at({ position: [0, 1, 0.01] }, 900);
  hand.at(null, 1200);
  hand.at({ position: [0, 1, 0.2] }, 1500);
  hand.lower();
  hand.lower();
  assert.deepEqual(told, [
    [{ object: 'shoe' }, 'pointer'],
    [{ position: [0, 1, 0] }, 'left'],
    [{ position: [0, 1, 0.2] }, 'pointer'],
    [null, 'pointer'],
  ]);
});

test('nothing new is due so soon', () => {
  const { hand } = pointing();
  assert.ok(hand.due(0));
  hand.at({ object: 'shoe' }, 0);
  assert.ok(!hand.due(100));
  assert.ok(hand.due(200));
});

test('what was pressed on a page ends by itself, what is held does not', () => {
  const { hand, told } = pointing();
  hand.at({ object: 'shoe' }, 0, true);
  hand.update(9999);
  assert.equal(told.length, 1);
  hand.update(10_001);
  assert.deepEqual(told.at(-1), [null, 'pointer']);
  hand.at({ object: 'shoe' }, 20_000);
  hand.update(99_999);
  assert.equal(told.length, 3);
});

test('what the room refused may be tried again', async () => {
  let refusals = 0;
  const hand = new Pointing(async () => {
    refusals += 1;
    throw new Error('lost');
  });
  hand.at({ object: 'shoe' }, 0);
  await new Promise((done) => setTimeout(done));
  hand.at({ object: 'shoe' }, 300);
  assert.equal(refusals, 2);
});
