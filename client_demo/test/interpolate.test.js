import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST_DELAY_MS, MOST_DELAY_MS, Track } from '../js/interpolate.js';
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
  assert.equal(track.sample(1025 + track.delay, out), true);
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
  track.sample(1075 + track.delay, out);
  assert.ok(Math.abs(out.head[0] - 1.5) < 0.05);
});

test('who stood still for a minute starts to walk without a glide', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(0, 0), 1000);
  track.push(at(60_000, 1), 61_000);
  track.sample(60_900 + track.delay, out);
  assert.equal(out.head[0], 0);
});

test('the 16-bit clock may turn over', () => {
  const track = new Track();
  const out = createPose();
  track.push(at(65_500, 0), 1000);
  track.push(at(65_550, 1), 1050);
  track.sample(1025 + track.delay, out);
  assert.ok(Math.abs(out.head[0] - 0.5) < 0.02);
});

/** Walks at 1 m/s, told every so many ms; what is seen each 16 ms. */
function walk(every, { unevenly = 0, seconds = 12 } = {}) {
  const track = new Track();
  const out = createPose();
  const steps = [];
  let told = 0;
  let last = 0;
  for (let now = 1000; now < 1000 + seconds * 1000; now += 16) {
    while (1000 + told * every + (told % 3) * unevenly <= now) {
      track.push(
        at(told * every, (told * every) / 1000),
        1000 + told * every + (told % 3) * unevenly,
      );
      told++;
    }
    track.sample(now, out);
    steps.push(out.head[0] - last);
    last = out.head[0];
  }
  return { track, steps: steps.slice(-Math.floor(4000 / 16)) };
}

for (const every of [33, 50, 67, 100, 250, 500, 1000]) {
  test(`who is told every ${every} ms moves evenly`, () => {
    const { steps, track } = walk(every);
    const even = 0.016;
    assert.ok(Math.max(...steps) < 1.5 * even, `jumps of ${Math.max(...steps)}`);
    assert.ok(Math.min(...steps) > 0.5 * even, `rests at ${Math.min(...steps)}`);
    assert.ok(track.delay >= LEAST_DELAY_MS && track.delay <= MOST_DELAY_MS);
    assert.ok(track.delay < every + 80, `${track.delay} late`);
  });
}

test('an uneven line costs delay, not evenness', () => {
  const { steps, track } = walk(50, { unevenly: 30 });
  assert.ok(Math.max(...steps) < 0.03 && Math.min(...steps) > 0.005);
  assert.ok(track.delay < 250);
});

test('who comes nearer is shown sooner again', () => {
  const track = new Track();
  const out = createPose();
  let now = 1000;
  for (let i = 0; i < 40; i++, now += 250) {
    track.push(at(now, now / 1000), now);
    for (let f = 0; f < 15; f++) track.sample(now + f * 16, out);
  }
  const far = track.delay;
  for (let i = 0; i < 200; i++, now += 50) {
    track.push(at(now, now / 1000), now);
    for (let f = 0; f < 3; f++) track.sample(now + f * 16, out);
  }
  assert.ok(far > 250 && track.delay < 120, `${far} to ${track.delay}`);
});
