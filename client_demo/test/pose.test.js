import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createPose, decodePose, encodePose, LEFT, RIGHT, readPoses } from '../js/pose.js';

const vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/pose.json', import.meta.url), 'utf8'),
);

function poseOf(value) {
  const pose = createPose();
  pose.flags = (value.left ? LEFT : 0) | (value.right ? RIGHT : 0);
  pose.t = value.t;
  pose.head.set(value.head.position);
  pose.turn.set(value.head.rotation);
  if (value.left) pose.left.set(value.left.offset);
  if (value.left) pose.leftTurn.set(value.left.rotation);
  if (value.right) pose.right.set(value.right.offset);
  if (value.right) pose.rightTurn.set(value.right.rotation);
  return pose;
}

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const near = (actual, expected, tolerance) => {
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `${actual} is not ${expected}`);
  }
};

for (const vector of vectors.poses) {
  test(`${vector.name}: encodes to the shared bytes`, () => {
    const out = new DataView(new ArrayBuffer(29));
    const length = encodePose(poseOf(vector.pose), vectors.bounds, out);
    assert.equal(Buffer.from(out.buffer, 0, length).toString('hex'), vector.hex);
  });

  test(`${vector.name}: decodes to the shared values`, () => {
    const data = bytes(vector.hex);
    const pose = createPose();
    assert.equal(decodePose(new DataView(data.buffer), 0, vectors.bounds, pose), data.length);
    assert.equal(pose.t, vector.decoded.t);
    near(pose.head, vector.decoded.head.position, vectors.tolerance.position);
    near(pose.turn, vector.decoded.head.rotation, vectors.tolerance.rotation);
    for (const side of ['left', 'right']) {
      const hand = vector.decoded[side];
      if (!hand) continue;
      near(pose[side], hand.offset, vectors.tolerance.offset);
      near(pose[`${side}Turn`], hand.rotation, vectors.tolerance.rotation);
    }
  });
}

test('a frame gives every avatar once, and a torn one ends quietly', () => {
  const one = bytes(vectors.poses[0].hex);
  const frame = new Uint8Array([0, 0, 0, 0, 7, ...one, 9, ...one]);
  const seen = [];
  const each = (index) => seen.push(index);
  readPoses(new DataView(frame.buffer), vectors.bounds, createPose(), each);
  readPoses(new DataView(frame.buffer, 0, 25), vectors.bounds, createPose(), each);
  assert.deepEqual(seen, [7, 9, 7]);
});
