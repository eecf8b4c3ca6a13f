import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesIn, countdown, grouped, headingOf, typed } from '../js/codes.js';

test('a code is typed in any way and shown in two groups', () => {
  assert.equal(typed(' 7k3-m9q '), '7K3M9Q');
  assert.equal(typed('7K3\u2009M9Q'), '7K3M9Q');
  assert.equal(typed(grouped('7K3M9Q')), '7K3M9Q');
  for (const text of ['', '7K3M9', '7K3M9QX', '7K3M9?', 'ÀK3M9Q']) assert.equal(typed(text), '');
});

test('an address brings a code of a room, or of a visit that stays out of logs', () => {
  assert.deepEqual(codesIn({ search: '?room=demo&code=7K3M9Q', hash: '' }), {
    room: '7K3M9Q',
    visit: '',
  });
  assert.deepEqual(codesIn({ search: '', hash: '#continue=abc123' }), {
    room: '',
    visit: 'ABC123',
  });
  assert.deepEqual(codesIn({ search: '', hash: '#continue=<script>' }), { room: '', visit: '' });
});

test('time runs down to none', () => {
  assert.equal(countdown(599_001), '10:00');
  assert.equal(countdown(61_000), '1:01');
  assert.equal(countdown(-5), '0:00');
});

test('a heading is the same whether one nods or not', () => {
  const half = Math.PI / 8;
  const level = [0, Math.sin(half), 0, Math.cos(half)];
  assert.ok(Math.abs(headingOf(level) - Math.PI / 4) < 1e-9);
  const nod = [Math.sin(0.2), 0, 0, Math.cos(0.2)]; // turned first, then nodded: YXZ
  const [ax, ay, az, aw] = level;
  const [bx, by, bz, bw] = nod;
  const both = [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
  assert.ok(Math.abs(headingOf(both) - Math.PI / 4) < 1e-9);
});
