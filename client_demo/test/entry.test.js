// What is typed survives a reload, and only until the order is placed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Entry } from '../js/entry.js';

/** A tab's storage, as text. */
function tab() {
  const kept = new Map();
  return {
    recall: (key) => JSON.parse(kept.get(key) ?? 'null'),
    remember: (key, value) => kept.set(key, JSON.stringify(value)),
  };
}

test('a reloaded page has what was typed before', () => {
  const notebook = tab();
  new Entry(notebook).set('card', 'For your new home.');
  assert.equal(new Entry(notebook).draft.card, 'For your new home.');
});

test('an order placed is not typed again, except who it is from', () => {
  const notebook = tab();
  const entry = new Entry(notebook);
  entry.set('from', 'Ada');
  entry.set('email', 'bea@example.org');
  entry.clear();
  assert.equal(entry.draft.email, '');
  assert.equal(entry.draft.from, 'Ada');
  assert.equal(new Entry(notebook).draft.email, '');
});

test('what was wrong with a field is gone as soon as it is typed into', () => {
  const entry = new Entry(tab());
  entry.set('kind', 'gift_box');
  assert.equal(entry.check(), 'name');
  entry.set('name', 'Bea');
  assert.equal(entry.wrong.name, undefined);
  assert.equal(entry.check(), 'email');
});
