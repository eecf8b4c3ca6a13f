import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELAY_MS, Track } from '../js/interpolate.js';
import { createPose } from '../js/pose.js';

function at(t, x) {
  const pose = createPose();
  pose.t = t & 0xffff;
  pose.head[0] = x;
  return pose;
}

test('between two poses the head is where the share of time puts it', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(0, 0), 1000);
  track.push(at(50, 1), 1050);
  assert.equal(track.sample(1025 + DELAY_MS, out), true);
  assert.ok(Math.abs(out.head[0] - 0.5) < 0.02);
});

test('after the last pose the avatar rests there', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(0, 0), 1000);
  track.push(at(50, 1), 1050);
  assert.equal(track.sample(5000, out), false);
  assert.equal(out.head[0], 1);
});

test('a late packet does not tear the walk: the sender’s clock counts', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(0, 0), 1000);
  track.push(at(50, 1), 1050);
  track.push(at(100, 2), 1130); // 30 ms late
  track.sample(1075 + DELAY_MS, out);
  assert.ok(Math.abs(out.head[0] - 1.5) < 0.05);
});

test('who stood still for a minute starts to walk without a glide', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(0, 0), 1000);
  track.push(at(60_000, 1), 61_000);
  track.sample(60_900 + DELAY_MS, out);
  assert.equal(out.head[0], 0);
});

test('the 16-bit clock may turn over', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(65_500, 0), 1000);
  track.push(at(65_550, 1), 1050);
  track.sample(1025 + DELAY_MS, out);
  assert.ok(Math.abs(out.head[0] - 0.5) < 0.02);
});
