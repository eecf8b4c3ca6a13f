import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError } from '../js/api.js';
import { Visit } from '../js/visit.js';

/** @param {(path: string, body: any) => any} answer */
function visiting(answer) {
  const asked = [];
  const api = {
    token: null,
    post: async (path, body) => {
      asked.push([path, structuredClone(body)]);
      return answer(path, body);
    },
  };
  return { visit: new Visit(/** @type {any} */ (api), 'en'), api, asked };
}

const refuse = (type, status) => {
  throw new ProblemError({ type, title: type, status });
};

test('one asks for the room that a code leads to', async () => {
  const { visit, asked } = visiting(() => ({ ticket: 't', url: 'there' }));
  visit.wish = { code: '7K3M9Q' };
  assert.deepEqual(await visit.takeSeat('demo'), { ticket: 't', url: 'there' });
  assert.deepEqual(asked, [['/api/showrooms/demo/join', { code: '7K3M9Q' }]]);
  assert.equal(visit.url, 'there');
});

test('a code that opens nothing any more keeps nobody out', async () => {
  let told = 0;
  const { visit, asked } = visiting((_, { code }) =>
    code ? refuse('unknown-code', 404) : { ticket: 't', url: 'there' },
  );
  visit.onLostCode = () => told++;
  visit.wish = { code: '7K3M9Q' };
  assert.equal((await visit.takeSeat('demo')).ticket, 't');
  assert.deepEqual([told, asked.length, visit.wish], [1, 2, {}]);
});

test('a visit from another device goes on with its own seat, once', async () => {
  const { visit, api, asked } = visiting(() => ({ ticket: 't', url: 'here' }));
  const place = { position: [1, 1.6, 2], rotation: [0, 0, 0, 1] };
  visit.adopt({
    token: 'session',
    person: { id: 'ada', name: 'Ada', avatar: { color: '#123456' } },
    room: 'demo-2',
    url: 'there',
    resume: 'r',
    place,
  });
  assert.equal(api.token, 'session');
  assert.deepEqual(visit.identity, {
    name: 'Ada',
    color: '#123456',
    token: 'session',
    personId: 'ada',
  });
  assert.deepEqual(await visit.takeSeat('demo'), { resume: 'r', url: 'there' });
  assert.deepEqual([visit.takePlace(), visit.takePlace()], [place, null]);
  assert.equal((await visit.takeSeat('demo')).ticket, 't');
  assert.deepEqual(asked, [['/api/showrooms/demo/join', { room: 'demo-2' }]]);
});
