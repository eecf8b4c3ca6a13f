import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../js/connection.js';

const settle = (ms = 0) => new Promise((done) => setTimeout(done, ms));
const WELCOME = { rev: 5, epoch: 'e', resume: 'r1' };

/** The least of a Socket.IO client: what was emitted, and a mouth to say things with. */
class Line {
  listeners = new Map();
  connected = false;
  active = false;
  emitted = [];
  dials = 0;
  answer = { ok: true, replayed: true };

  constructor(options) {
    this.options = options;
    this.connect();
  }
  on(name, listener) {
    this.listeners.set(name, listener);
  }
  onAny(listener) {
    this.any = listener;
  }
  removeAllListeners() {
    this.listeners.clear();
    this.any = () => {};
  }
  connect() {
    this.dials++;
    this.connected = true;
    this.options.auth((auth) => {
      this.auth = auth;
    });
  }
  disconnect() {
    this.fall();
  }
  /** @param {boolean} [active] whether the library mends it by itself */
  fall(active = false) {
    this.connected = false;
    this.active = active;
    this.listeners.get('disconnect')?.();
  }
  timeout() {
    return this;
  }
  async emitWithAck(name, message) {
    this.emitted.push([name, message]);
    return this.answer;
  }
}

async function inside() {
  const heard = [];
  const lines = [];
  let joins = 0;
  const connection = new Connection(
    async () => ({ ticket: `t${++joins}`, url: 'there' }),
    {
      welcome: () => heard.push('welcome'),
      message: (name, message) => heard.push(message?.rev ? `${name}${message.rev}` : name),
      poses: () => {},
      lost: () => heard.push('lost'),
      refused: async () => {},
    },
    (url, options) => {
      lines.push(new Line(options));
      lines.at(-1).url = url;
      return lines.at(-1);
    },
  );
  await connection.open();
  const line = lines[0];
  assert.deepEqual(line.auth, { ticket: 't1' });
  line.any('welcome', WELCOME);
  return { connection, lines, line, heard, joins: () => joins };
}

test('who comes back says what they know, and hears what they missed', async () => {
  const { line, heard } = await inside();
  line.any('said', { rev: 6 });
  line.fall(true);
  line.connect();
  assert.deepEqual(line.auth, { resume: 'r1', rev: 6, epoch: 'e' });
  line.any('resumed', { resume: 'r2', from_rev: 6, to_rev: 8 });
  line.any('passed', { rev: 7 });
  line.any('said', { rev: 8 });
  assert.deepEqual(heard, ['welcome', 'said6', 'lost', 'resumed', 'passed7', 'said8']);
  line.fall(true);
  line.connect();
  assert.deepEqual(line.auth, { resume: 'r2', rev: 8, epoch: 'e' });
});

test('a change that was missed is asked for, and what came too early waits for it', async () => {
  const { line, heard } = await inside();
  line.any('said', { rev: 8 });
  line.any('said', { rev: 9 });
  assert.deepEqual(line.emitted, [['sync', { rev: 5, epoch: 'e' }]]);
  await settle();
  for (const rev of [6, 7, 8, 9]) line.any('said', { rev });
  assert.deepEqual(heard, ['welcome', 'said6', 'said7', 'said8', 'said9']);
});

test('when it was too long ago, one comes in again and gets all of the room', async () => {
  const { line } = await inside();
  line.answer = { ok: true, replayed: false };
  line.any('said', { rev: 900 });
  await settle(1100);
  assert.equal(line.dials, 2);
  assert.deepEqual(line.auth, { resume: 'r1' });
});

test('a server that closes is dialled again with the same token, within a second', async () => {
  const { line, joins } = await inside();
  line.fall();
  await settle(1050);
  assert.equal(line.dials, 2);
  assert.equal(line.auth.resume, 'r1');
  assert.equal(joins(), 1);
});

test('only a seat that is gone is asked for anew', async () => {
  const { line, lines, joins } = await inside();
  line.fall(true);
  line.connected = false;
  line.active = false;
  line.listeners.get('connect_error')({ data: { type: 'internal-error' } });
  await settle(1050);
  assert.equal(joins(), 1);
  line.connected = false;
  line.listeners.get('connect_error')({ data: { type: 'seat-gone' } });
  await settle(1050);
  assert.equal(joins(), 2);
  assert.deepEqual(lines[1].auth, { ticket: 't2' });
});

test('who was sent away, or went on elsewhere, does not fight for the seat', async () => {
  const { line, lines, heard, joins } = await inside();
  line.any('problem', { error: { type: 'moved-to-another-device' } });
  line.fall();
  await settle(1050);
  assert.deepEqual([line.dials, lines.length, joins()], [1, 1, 1]);
  assert.equal(heard.at(-1), 'ended');
});

test('nor does the library fight for it, which would mend the line by itself', async () => {
  const { line, heard, joins } = await inside();
  line.any('problem', { error: { type: 'moved-to-another-device' } });
  line.fall(true);
  await settle(1050);
  assert.deepEqual([line.active, line.dials, joins()], [false, 1, 1]);
  assert.equal(heard.at(-1), 'ended');
});

test('who leaves says so, and neither misses the line nor comes back', async () => {
  const { connection, line, lines, heard, joins } = await inside();
  const left = connection.leave();
  assert.deepEqual(line.emitted, [['leave', {}]]);
  line.fall(true); // the house ends the line after its answer
  await left;
  await settle(1050);
  assert.deepEqual([line.dials, lines.length, joins()], [1, 1, 1]);
  assert.deepEqual([line.active, heard], [false, ['welcome']]);
});

test('who leaves a house that does not answer is gone all the same', async () => {
  const { connection, line } = await inside();
  line.emitWithAck = async () => {
    throw new Error('operation has timed out');
  };
  await connection.leave();
  assert.equal(line.connected, false);
});

test('a visit that began elsewhere is resumed here', async () => {
  const { connection, lines } = await inside();
  connection.take({ resume: 'from-there', url: 'there' });
  assert.deepEqual(lines[1].auth, { resume: 'from-there' });
});

test('a ticket for another seat is used at once', async () => {
  const { connection, lines, heard } = await inside();
  connection.take({ ticket: 'mine', url: 'there' });
  assert.deepEqual(lines[1].auth, { ticket: 'mine' });
  lines[1].any('welcome', { ...WELCOME, rev: 1, epoch: 'f' });
  lines[1].any('said', { rev: 2 });
  assert.deepEqual(heard.slice(-2), ['welcome', 'said2']);
});

test('what the house says of another address is believed: there, with the same place', async () => {
  const { lines, line, heard, joins } = await inside();
  line.any('relocated', { url: 'https://shop.example/n/b', resume: 'r2' });
  assert.equal(lines.length, 2);
  assert.equal(lines[1].url, 'https://shop.example');
  assert.equal(lines[1].options.path, '/n/b/socket.io/');
  assert.deepEqual(lines[1].auth, { resume: 'r2', rev: 5, epoch: 'e' });
  assert.deepEqual(heard, ['welcome', 'lost']);
  assert.equal(joins(), 1);
});

test('a node that is gone: asked at home, the place is found on another one', async () => {
  const { connection, lines, line, joins } = await inside();
  const asked = [];
  connection.find = async (resume) => {
    asked.push(resume);
    if (asked.length === 1) throw new Error('nobody answers');
    return { url: 'http://b' };
  };
  line.fall(true);
  for (let tries = 0; tries < 2; tries++) {
    line.listeners.get('connect_error')?.(new Error('refused'));
    await settle();
  }
  assert.deepEqual(asked, ['r1', 'r1']);
  assert.equal(lines.at(-1).url, 'http://b');
  assert.equal(lines.at(-1).options.path, '/socket.io/');
  assert.equal(lines.at(-1).auth.resume, 'r1');
  assert.equal(joins(), 1);
});

test('a place that is nowhere any more is asked for anew', async () => {
  const { connection, line, lines, joins } = await inside();
  connection.find = async () => {
    throw Object.assign(new Error('gone'), { type: 'seat-gone' });
  };
  line.fall(true);
  line.listeners.get('connect_error')?.(new Error('refused'));
  await settle(5);
  assert.equal(joins(), 2);
  assert.deepEqual(lines.at(-1).auth, { ticket: 't2' });
});
