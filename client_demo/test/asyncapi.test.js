import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entries, speaksOf, typeOf } from '../js/docs/asyncapi.js';

const ref = (/** @type {string} */ name) => ({ $ref: `#/components/schemas/${name}` });
const DOCUMENT = {
  operations: { on_move: { reply: { messages: [ref('Leased')] } } },
  components: {
    messages: {
      'down.moved': { name: 'moved', 'x-way': 'down', 'x-class': 'change', payload: ref('Moved') },
      'up.move': {
        name: 'move',
        'x-way': 'up',
        'x-roles': ['shopper'],
        'x-rate': { per_second: 40, at_once: 60, shared: false },
        payload: ref('Move'),
      },
      Leased: { name: 'Leased', payload: ref('Leased') },
    },
    schemas: {
      Move: {
        required: ['object'],
        properties: {
          object: { type: 'string', maxLength: 64 },
          position: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] },
        },
      },
      Moved: { properties: { by: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
      Leased: { properties: { ok: {}, rev: {}, lease_ms: { type: 'integer' } } },
    },
  },
};

test('what one sends comes first, with its members and its answer', () => {
  const [move, moved] = entries(DOCUMENT);
  assert.deepEqual([move.name, moved.name, moved.change], ['move', 'moved', true]);
  assert.deepEqual([move.rate, moved.rate], ['40 a second, 60 at once', '']);
  assert.deepEqual(move.members[0], {
    name: 'object',
    type: 'string',
    needed: true,
    about: 'letters to 64',
  });
  assert.equal(move.members[1].type, '[number, number]');
  assert.deepEqual(
    move.answer.map(({ name }) => name),
    ['lease_ms'],
  );
});

test('types read like words', () => {
  assert.equal(typeOf({ enum: ['a', 'b'] }, {}), '"a" | "b"');
  assert.equal(typeOf(DOCUMENT.components.schemas.Moved.properties.by, {}), 'string | null');
  assert.equal(typeOf({ type: 'array', items: { type: 'integer' } }, {}), '[integer, …]');
});

test('a search finds names and members', () => {
  const [move] = entries(DOCUMENT);
  assert.ok(speaksOf(move, 'pos mov'));
  assert.ok(!speaksOf(move, 'cart'));
});
