// Rates of rooms from two readings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyOf, loadOf } from '../js/rooms/load.js';

const room = (/** @type {object} */ more) => ({
  room: 'demo-1',
  ticks: 0,
  tick_seconds: 0,
  late_seconds: 0,
  frame_bytes: 0,
  skipped: 0,
  ...more,
});
const reading = (/** @type {number} */ at, /** @type {any} */ one, cpu = 0) => ({
  items: [one],
  server: { at, cpu_seconds: cpu },
});

test('two readings make rates, one makes none', () => {
  const before = reading(10, room({}), 1);
  const after = room({ ticks: 60, tick_seconds: 0.03, late_seconds: 0.06, frame_bytes: 4000 });
  const now = reading(12, after, 2);
  assert.equal(loadOf(after, now, null), null);
  const load = loadOf(after, now, before);
  assert.deepEqual(load && [load.bytes, load.tickMs, load.lateMs], [2000, 0.5, 1]);
  assert.equal(busyOf(now, before), 0.5);
  assert.equal(busyOf(now, null), null);
});

test('a room that was empty in between has no rates yet', () => {
  const before = reading(10, room({ ticks: 100 }));
  const after = room({ ticks: 3 });
  assert.equal(loadOf(after, reading(12, after), before), null);
});
