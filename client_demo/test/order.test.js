import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError, Unreachable } from '../js/api.js';
import { Ordering } from '../js/attempt.js';
import { add, count, MOST, setQuantity, total } from '../js/cart.js';
import { newDraft, orderBody, problems } from '../js/draft.js';
import { formatMoney } from '../js/money.js';

test('the same thing added twice is one line', () => {
  const lines = add(add([], 'SHOE-01', 'beach'), 'SHOE-01', 'beach');
  assert.deepEqual(lines, [{ sku: 'SHOE-01', variant: 'beach', quantity: 2 }]);
  assert.equal(count(add(lines, 'SHOE-01', null)), 3);
});

test('no quantity takes the line out, too much is bounded', () => {
  const lines = add([], 'A', null);
  assert.deepEqual(setQuantity(lines, lines[0], 0), []);
  assert.equal(setQuantity(lines, lines[0], 999)[0].quantity, MOST);
});

test('the total is in minor units and shown in the language of the visitor', () => {
  const products = new Map([['A', { price: { amount: 12950, currency: 'EUR' } }]]);
  const sum = total(add([], 'A', null, 2), products);
  assert.deepEqual(sum, { amount: 25900, currency: 'EUR' });
  assert.equal(formatMoney(sum, 'en'), '€259.00');
  assert.equal(formatMoney({ amount: 1200, currency: 'JPY' }, 'en'), '¥1,200');
});

test('a pickup needs a store and a time, and nothing else', () => {
  const draft = newDraft('Ada');
  assert.deepEqual(problems(draft), { store: 'choose_store' });
  draft.store = 'milano';
  assert.deepEqual(problems(draft), { slot: 'choose_slot' });
  draft.slot = 'milano:2026-11-23T10:00';
  assert.deepEqual(problems(draft), {});
});

test('a gift needs a name, an address for the announcement and a card', () => {
  const draft = { ...newDraft('Ada'), kind: 'gift_box' };
  assert.deepEqual(Object.keys(problems(draft)), ['name', 'email', 'card']);
  Object.assign(draft, { name: 'Bo', email: 'bo@example.org', card: 'For you' });
  assert.deepEqual(problems(draft), {});
  assert.equal('recipient' in orderBody(draft, [], 'it').fulfilment, false);
  draft.street = 'Via Roma 1';
  assert.deepEqual(problems(draft), { postcode: 'need_address' });
});

function ordering(answers) {
  const notes = new Map();
  const keys = [];
  const api = {
    post: async (_path, _body, headers) => {
      keys.push(headers['idempotency-key']);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const notebook = {
    recall: (key) => notes.get(key) ?? null,
    remember: (key, value) => notes.set(key, value),
  };
  let next = 0;
  return {
    keys,
    notes,
    it: new Ordering(
      api,
      notebook,
      () => `key-${next++}`,
      async () => {},
    ),
  };
}

test('a lost answer is asked for again under the same key', async () => {
  const { keys, it } = ordering([new Unreachable('gone'), { code: 'ABC123' }]);
  let lost = 0;
  const order = await it.place({ lines: [] }, () => lost++);
  assert.equal(order.code, 'ABC123');
  assert.deepEqual(keys, ['key-0', 'key-0']);
  assert.equal(lost, 1);
  assert.equal(it.unanswered, null);
});

test('an order refused for good is forgotten; the next one has its own key', async () => {
  const gone = new ProblemError({ type: 'out-of-stock', title: 'Sold out', status: 409 });
  const { keys, it } = ordering([gone, { code: 'ABC123' }]);
  await assert.rejects(it.place({ lines: [1] }), gone);
  await it.place({ lines: [1] });
  assert.deepEqual(keys, ['key-0', 'key-1']);
});

test('an attempt without an answer is kept for the next visit', async () => {
  const { it, notes } = ordering(Array.from({ length: 6 }, () => new Unreachable('gone')));
  await assert.rejects(it.place({ lines: [2] }), Unreachable);
  assert.deepEqual(notes.get('attempt'), { key: 'key-0', body: { lines: [2] } });
});
