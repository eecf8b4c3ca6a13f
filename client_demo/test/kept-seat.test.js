// One's place over a reload: whose it is, and when it is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seatAgain } from '../js/kept-seat.js';
import { Visit } from '../js/visit.js';

const KEPT = { resume: 'token', url: 'https://a.example', showroom: 'demo', person: 'p1' };
const NOW = { reloaded: true, showroom: 'demo', person: 'p1' };

test('a reload comes back to the same place, and nothing else does', () => {
  assert.deepEqual(seatAgain(KEPT, NOW), { resume: 'token', url: 'https://a.example' });
  for (const other of [{ reloaded: false }, { showroom: 'south' }, { person: 'p2' }]) {
    assert.equal(seatAgain(KEPT, { ...NOW, ...other }), null);
  }
  assert.equal(seatAgain(null, NOW), null);
});

/** @param {string} personId */
function aVisit(personId) {
  /** @type {string[]} */ const asked = [];
  const api = {
    token: null,
    /** @param {string} path */
    post: async (path) => {
      asked.push(path);
      return path.endsWith('/join')
        ? { ticket: 'new', url: 'u' }
        : { token: 't', person: { id: personId } };
    },
  };
  return { visit: new Visit(/** @type {any} */ (api), 'en'), asked };
}

test('a kept place is taken once, without a join that would make a second avatar', async () => {
  const { visit, asked } = aVisit('p1');
  visit.carry({ resume: 'token', url: 'u' });
  assert.deepEqual(await visit.takeSeat('demo'), { resume: 'token', url: 'u' });
  assert.deepEqual(asked, []);
  assert.deepEqual(await visit.takeSeat('demo'), { ticket: 'new', url: 'u' });
});

test('who comes in under another name does not take the place of the one before', async () => {
  const { visit } = aVisit('p2');
  visit.carry({ resume: 'token', url: 'u' });
  await visit.introduce('Somebody else', '#123456');
  assert.deepEqual(await visit.takeSeat('demo'), { ticket: 'new', url: 'u' });
});
