import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS, inColumn } from '../js/desk/columns.js';
import { dayIn, openDays } from '../js/ui/slots.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');

function order(id, kind, status, more = {}) {
  return {
    id,
    status: 'placed',
    placed_at: '2026-11-23T08:00:00Z',
    history: [{ type: 'order.placed', at: '2026-11-23T08:00:00Z' }],
    ...more,
    fulfilment: { kind, status, store: 'paris', ...more.fulfilment },
  };
}

const ids = (orders, kind, column, store = '') =>
  inColumn(orders, kind, store, COLUMNS[kind][column], NOW).map(({ id }) => id);

test('who comes first is prepared first, whoever ordered first', () => {
  const late = { fulfilment: { slot: { start: '2026-11-23T18:00:00+01:00' } } };
  const soon = { fulfilment: { slot: { start: '2026-11-23T14:00:00+01:00' } } };
  const orders = [
    order('any time', 'pickup', 'scheduled'),
    order('late', 'pickup', 'scheduled', late),
    order('soon', 'pickup', 'preparing', soon),
  ];
  assert.deepEqual(ids(orders, 'pickup', 0), ['soon', 'late', 'any time']);
});

test('every status of an order that needs hands has exactly one column', () => {
  for (const columns of Object.values(COLUMNS)) {
    const statuses = columns.flatMap((column) => column.statuses);
    assert.equal(new Set(statuses).size, statuses.length);
  }
});

test('a gift is not among the pickups, nor one store’s order at another', () => {
  const orders = [order('gift', 'gift_box', 'draft'), order('pickup', 'pickup', 'scheduled')];
  assert.deepEqual(ids(orders, 'pickup', 0), ['pickup']);
  assert.deepEqual(ids(orders, 'gift_box', 0), ['gift']);
  assert.deepEqual(ids(orders, 'pickup', 0, 'milano'), []);
});

test('what was handed over yesterday leaves the board', () => {
  const done = (at) => ({ status: 'completed', history: [{ type: 'order.collected', at }] });
  const orders = [
    order('yesterday', 'pickup', 'handed_over', done('2026-11-22T11:00:00Z')),
    order('today', 'pickup', 'handed_over', done('2026-11-23T11:00:00Z')),
  ];
  assert.deepEqual(ids(orders, 'pickup', 2), ['today']);
});

test('a store’s days are its own: closed ones are left out, midnight is local', () => {
  const store = {
    timezone: 'Asia/Tokyo',
    hours: [
      { day: 0, open: '10:00', close: '19:00' },
      { day: 2, open: '10:00', close: '19:00' },
    ],
  };
  const sundayNight = Date.parse('2026-11-22T20:00:00Z'); // already Monday in Tokyo
  assert.equal(dayIn(sundayNight, 'Asia/Tokyo'), '2026-11-23');
  assert.deepEqual(openDays(store, sundayNight).slice(0, 3), [
    '2026-11-23',
    '2026-11-25',
    '2026-11-30',
  ]);
});
