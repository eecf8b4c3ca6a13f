import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replay, recording } from '../js/replay.js';

const T = 1_770_000_000_000;
const LINES = [
  [T, 'snapshot', { rev: 1 }],
  [T + 100, 'poses', btoa('one')],
  [T + 200, 'poses', btoa('two')],
  [T + 1000, 'said', { text: 'Hello' }],
  [T + 601_000, 'said', { text: 'After a long silence' }],
];

function aReplay(lines = LINES) {
  const told = [];
  const replay = new Replay(lines, {
    snapshot: ({ rev }) => told.push(`snapshot ${rev}`),
    hear: (event, { text }) => told.push(`${event} ${text}`),
    poses: (frame) => told.push(`poses ${new TextDecoder().decode(frame)}`),
  });
  return { replay, told };
}

test('everything comes in its order, when it is due', () => {
  const { replay, told } = aReplay();
  replay.update(0);
  assert.deepEqual(told, []);
  replay.play(5000);
  replay.update(5000);
  replay.update(5150);
  assert.deepEqual(told, ['snapshot 1', 'poses one']);
  replay.update(6000);
  assert.deepEqual(told.slice(2), ['poses two', 'said Hello']);
});

test('nobody waits through a long silence', () => {
  const { replay, told } = aReplay();
  assert.equal(replay.length, 5000);
  replay.play(0);
  replay.update(5000);
  assert.equal(told.at(-1), 'said After a long silence');
  assert.deepEqual([replay.over, replay.playing], [true, false]);
});

test('going back shows the room as it stood then', () => {
  const { replay, told } = aReplay();
  replay.play(0);
  replay.update(9000);
  told.length = 0;
  replay.seek(500, 9000);
  assert.deepEqual(told, ['snapshot 1', 'poses two']);
  assert.equal(replay.at(9000), 500);
  replay.play(9000);
  replay.update(9600);
  assert.equal(told.at(-1), 'said Hello');
  replay.pause(9600);
  replay.update(99_000);
  assert.equal(replay.at(99_000), 1100);
});

test('an empty recording is over at once', () => {
  const { replay } = aReplay([]);
  replay.play(0);
  replay.update(10);
  assert.deepEqual([replay.length, replay.playing], [0, false]);
});

test('a recording is asked for until there is no more', async () => {
  const asked = [];
  const lines = await recording(async (path) => {
    asked.push(path);
    const after = Number(path.split('=')[1]);
    return after < 2 ? { items: [LINES[after]], next: after + 1 } : { items: [], next: null };
  }, 'a b');
  assert.equal(lines.length, 2);
  assert.deepEqual(asked[1], '/api/occasions/a%20b/recording?after=1');
});
