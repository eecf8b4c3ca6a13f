import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadband, SETTLE_MS } from '../js/deadband.js';
import { createPose, encodePose, FULL_BYTES, LEFT } from '../js/pose.js';

const BOUNDS = { min: [-5, 0, -4], max: [5, 3, 4] };

/** @param {(pose: any) => void} [change] */
function bytes(change) {
  const pose = createPose();
  pose.flags = LEFT;
  pose.head.set([1, 1.6, 1]);
  pose.left.set([0.2, -0.3, -0.3]);
  change?.(pose);
  const view = new DataView(new ArrayBuffer(FULL_BYTES));
  return { view, length: encodePose(pose, BOUNDS, view) };
}

function tells(band, change, now) {
  const { view, length } = bytes(change);
  return band.moved(view, length, BOUNDS, now);
}

function afterOne() {
  const band = new Deadband();
  assert.equal(tells(band, undefined, 0), true);
  return band;
}

const tremble = (pose) => {
  pose.t = 77;
  pose.head.set([1.0015, 1.6, 0.9985]);
  pose.turn.set([0, 0.001, 0, 1]);
  pose.left.set([0.202, -0.302, -0.298]);
};

test('the same pose again is not told, however much later', () => {
  const band = afterOne();
  assert.equal(
    tells(band, (pose) => (pose.t = 500), 10 * SETTLE_MS),
    false,
  );
});

test('who trembles stands still, and is told of at rest', () => {
  const band = afterOne();
  assert.equal(tells(band, tremble, 50), false);
  assert.equal(tells(band, tremble, SETTLE_MS - 1), false);
  assert.equal(tells(band, tremble, SETTLE_MS), true);
  assert.equal(tells(band, tremble, 2 * SETTLE_MS), false);
});

for (const [what, change] of Object.entries({
  'three millimetres': (pose) => (pose.head[0] += 0.003),
  'a glance': (pose) => pose.turn.set([0, 0.01, 0, 1]),
  'a look back': (pose) => pose.turn.set([0, 1, 0, 0]),
  'a centimetre of the hand': (pose) => (pose.left[1] += 0.01),
  'a turn of the hand': (pose) => pose.leftTurn.set([0.01, 0, 0, 1]),
  'a hand gone': (pose) => (pose.flags = 0),
})) {
  test(`${what} is told at once`, () => {
    assert.equal(tells(afterOne(), change, 50), true);
  });
}

test('a slow walk is no tremble', () => {
  const band = afterOne();
  let told = 0;
  for (let step = 1; step < 40; step++) {
    told += Number(tells(band, (pose) => (pose.head[0] += step * 0.001), step));
  }
  assert.ok(told >= 12);
});

test('after coming in all is told again', () => {
  const band = afterOne();
  band.forget();
  assert.equal(tells(band, undefined, 50), true);
});
