import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../js/clock.js';

const SERVER = 1_700_000_000_000;

/** A line whose ways take their time. */
function line(there, back, off = 12_345) {
  const world = { now: 5000 };
  const clock = new Clock(() => world.now);
  let number = 0;
  const ask = async (_name, { t }) => {
    world.now += there[number % there.length];
    const server_time = SERVER + world.now + off;
    world.now += back[number % back.length];
    number++;
    return { t, server_time };
  };
  return { world, clock, ask, truth: () => SERVER + world.now + off };
}

test('on an even line the clock is right', async () => {
  const { clock, ask, truth } = line([30], [30]);
  assert.equal(await clock.measure(ask), true);
  assert.ok(Math.abs(clock.now() - truth()) < 0.001);
  assert.equal(clock.roundTrip, 60);
});

test('one quick answer among slow and lopsided ones is believed', async () => {
  const { clock, ask, truth } = line([200, 5, 90, 400, 30], [3, 5, 20, 10, 300]);
  await clock.measure(ask);
  assert.ok(Math.abs(clock.now() - truth()) < 0.001);
});

test('a lopsided line misleads by half of the way at most', async () => {
  const { clock, ask, truth } = line([80], [10]);
  await clock.measure(ask);
  assert.ok(Math.abs(clock.now() - truth()) <= 45);
});

test('without an answer what was known stays', async () => {
  const { clock, truth } = line([1], [1]);
  clock.guess(truth());
  const dead = () => Promise.reject(new Error('gone'));
  assert.equal(await clock.measure(dead), false);
  assert.equal(
    await clock.measure(async (_name, { t }) => ({ t, server_time: Number.NaN })),
    false,
  );
  assert.ok(Math.abs(clock.now() - truth()) < 0.001);
});

test('a guess is no match for a measurement', async () => {
  const { clock, ask, truth } = line([10], [10]);
  await clock.measure(ask);
  clock.guess(SERVER);
  assert.ok(Math.abs(clock.now() - truth()) < 0.001);
});

test('the clock goes on by itself', async () => {
  const { clock, ask, world, truth } = line([10], [10]);
  await clock.measure(ask);
  world.now += 60_000;
  assert.ok(Math.abs(clock.now() - truth()) < 0.001);
});
