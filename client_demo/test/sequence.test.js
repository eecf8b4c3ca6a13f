import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sequence } from '../js/sequence.js';

function begun() {
  const sequence = new Sequence();
  sequence.begin({ rev: 7, epoch: 'e' });
  return sequence;
}

test('changes are taken one after the other, and none twice', () => {
  const sequence = begun();
  const taken = [6, 7, 8, 8, 9].map((rev) => sequence.takes({ rev }));
  assert.deepEqual(taken, [false, false, true, false, true]);
  assert.equal(sequence.gap, false);
  assert.deepEqual(sequence.standing, { rev: 9, epoch: 'e' });
});

test('what has no revision is always taken', () => {
  const sequence = begun();
  for (const message of [{}, null, undefined, { by: 'a' }, { rev: 'x' }]) {
    assert.ok(sequence.takes(message));
  }
  assert.equal(sequence.rev, 7);
});

test('a gap is noticed, and mends when what was missed comes again', () => {
  const sequence = begun();
  assert.ok(!sequence.takes({ rev: 10 }));
  assert.ok(sequence.gap);
  for (const rev of [8, 9, 10, 11]) assert.ok(sequence.takes({ rev }));
  assert.equal(sequence.rev, 11);
});

test('whatever is lost, doubled or early, nobody hears a change before the one it follows', () => {
  const dice = mulberry(3);
  for (let round = 0; round < 200; round++) {
    const sequence = begun();
    const heard = [];
    for (let i = 0; i < 50; i++) {
      const rev = 1 + Math.floor(dice() * 30);
      if (sequence.takes({ rev })) heard.push(rev);
    }
    assert.deepEqual(
      heard,
      heard.map((_, i) => 8 + i),
    );
  }
});

test('a room that knows no epochs is asked for all of itself', () => {
  const sequence = new Sequence();
  assert.deepEqual(sequence.standing, {});
  sequence.begin({ rev: 4 });
  assert.deepEqual(sequence.standing, {});
});

/** @param {number} seed @returns {() => number} */
function mulberry(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
