import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Call } from '../js/voice/call.js';
import { Mesh } from '../js/voice/mesh.js';

// Node has no RTCPeerConnection: this one keeps the signalling states of the specification, and
// refuses what a browser would refuse. Real browsers meet in tests/flows/test_voice.py.
class Connection {
  signalingState = 'stable';
  connectionState = 'new';
  remoteDescription = null;
  localDescription = null;
  candidates = [];
  tracks = [];
  made = 0;
  #transceivers = [];

  addTransceiver(_kind, { direction }) {
    const sender = { replaceTrack: async (track) => this.tracks.push(track) };
    this.#transceivers.push({ direction, sender, mid: null });
    return this.#transceivers.at(-1);
  }
  getTransceivers() {
    return this.#transceivers;
  }
  async createOffer(options) {
    await null;
    return { type: 'offer', sdp: `offer${++this.made}${options?.iceRestart ? ' anew' : ''}` };
  }
  async createAnswer() {
    assert.equal(this.signalingState, 'have-remote-offer');
    return { type: 'answer', sdp: 'answer' };
  }
  async setLocalDescription(description) {
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    if (description.type === 'offer') for (const one of this.#transceivers) one.mid = '0';
  }
  async setRemoteDescription(description) {
    if (description.type === 'answer') assert.equal(this.signalingState, 'have-local-offer');
    const rollback = description.type === 'offer' && this.signalingState === 'have-local-offer';
    if (rollback) for (const one of this.#transceivers) one.mid = null;
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    if (description.type !== 'offer' || this.#transceivers.some(({ mid }) => mid !== null)) return;
    this.addTransceiver('audio', { direction: 'recvonly' }).mid = '0';
  }
  async addIceCandidate(candidate) {
    assert.ok(this.remoteDescription, 'a candidate before the description');
    this.candidates.push(candidate.candidate);
  }
  fail() {
    this.connectionState = 'failed';
    this.onconnectionstatechange();
  }
  close() {
    this.connectionState = 'closed';
  }
}

const settled = () => new Promise((done) => setTimeout(done, 5));

/** Two or more meshes; what they say arrives in order, and is kept. */
function together(...names) {
  const said = [];
  const all = {};
  for (const me of names) {
    const connections = [];
    const gone = [];
    const mesh = new Mesh(me, [{ urls: ['stun:x'] }], {
      make: (config) => {
        assert.deepEqual(config.iceServers, [{ urls: ['stun:x'] }]);
        connections.push(new Connection());
        return connections.at(-1);
      },
      send: async (to, kind, data) => {
        said.push(`${me}>${to} ${kind}`);
        all[to].mesh.signalled({ by: me, kind, data });
      },
      heard: () => {},
      gone: (id) => gone.push(id),
    });
    all[me] = { mesh, connections, gone };
  }
  return { said, ...all };
}

test('the newcomer offers, the other answers, both may speak', async () => {
  const { said, a, b } = together('a', 'b');
  b.mesh.call('a');
  await settled();
  assert.deepEqual(said, ['b>a offer', 'a>b answer']);
  for (const { connections } of [a, b]) {
    assert.equal(connections[0].signalingState, 'stable');
    assert.equal(connections[0].getTransceivers()[0].direction, 'sendrecv');
  }
  a.mesh.setTrack('voice');
  b.mesh.setTrack('other voice');
  assert.equal(a.connections[0].tracks.at(-1), 'voice');
  assert.equal(b.connections[0].tracks.at(-1), 'other voice');
  assert.equal(b.connections[0].made, 1, 'nothing was negotiated anew');
});

for (const first of ['a', 'b']) {
  test(`when two offer at once there is one connection; ${first} was a moment earlier`, async () => {
    const { said, a, b } = together('a', 'b');
    const [one, other] = first === 'a' ? [a, b] : [b, a];
    one.mesh.call(first === 'a' ? 'b' : 'a');
    other.mesh.call(first);
    await settled();
    assert.equal(said.filter((line) => line.endsWith('answer')).length, 1);
    assert.ok(said.includes('b>a answer'), 'the larger id gives way');
    assert.equal(a.connections.length + b.connections.length, 2);
    for (const { connections } of [a, b]) {
      assert.equal(connections[0].signalingState, 'stable');
      const used = connections[0].getTransceivers().filter(({ mid }) => mid !== null);
      assert.deepEqual(
        used.map(({ direction }) => direction),
        ['sendrecv'],
      );
    }
  });
}

test('a candidate that comes before the description waits for it', async () => {
  const { a, b } = together('a', 'b');
  b.mesh.call('a');
  b.mesh.signalled({ by: 'a', kind: 'candidate', data: '{"candidate":"early"}' });
  await settled();
  assert.deepEqual(b.connections[0].candidates, ['early']);
  b.connections[0].onicecandidate({ candidate: { candidate: 'late' } });
  b.connections[0].onicecandidate({ candidate: null });
  await settled();
  assert.deepEqual(a.connections[0].candidates, ['late']);
});

test('a connection that broke is mended by who made it, and given up after a while', async () => {
  const { said, a, b } = together('a', 'b');
  b.mesh.call('a');
  await settled();
  a.connections[0].fail();
  b.connections[0].fail();
  await settled();
  assert.equal(b.connections[0].localDescription.sdp, 'offer2 anew');
  assert.equal(said.filter((line) => line === 'a>b offer').length, 0);
  for (let i = 0; i < 3; i++) {
    b.connections[0].fail();
    await settled();
  }
  assert.deepEqual(b.gone, ['a']);
  assert.deepEqual(b.mesh.states, {});
});

test('nonsense from another browser ends the connection to that one and no other', async () => {
  const { a, b, c } = together('a', 'b', 'c');
  b.mesh.call('a');
  c.mesh.call('a');
  await settled();
  a.mesh.signalled({ by: 'b', kind: 'candidate', data: 'no JSON' });
  a.mesh.signalled({ by: 'stranger', kind: 'answer', data: 'x' });
  await settled();
  assert.deepEqual(a.gone, ['b']);
  assert.deepEqual(Object.keys(a.mesh.states), ['c']);
  c.mesh.close();
  assert.deepEqual(c.gone, ['a']);
});

/** A call, and what it asked of the room. */
function aCall({ answers = {}, open = async () => 'track' } = {}) {
  const asked = [];
  const microphone = { open, shut: () => asked.push('device shut') };
  const call = new Call({
    ask: async (name, message) => {
      asked.push(`${name} ${JSON.stringify(message)}`);
      if (answers[name] instanceof Error) throw answers[name];
      return answers[name] ?? { mode: 'mesh', peers: [], ice: [] };
    },
    me: () => 'me',
    make: () => /** @type {any} */ (new Connection()),
    microphone: /** @type {any} */ (microphone),
    heard: () => {},
    gone: () => {},
    changed: () => {},
  });
  return { call, asked };
}

test('nothing is asked of the room or of the device until the visitor does', async () => {
  const { call, asked } = aCall();
  call.welcomed({ call: ['x'], mics: [], stage: [], mode: 'mesh' });
  await call.setMic(true);
  assert.deepEqual([asked, call.on, call.mic], [[], false, false]);
  await call.join();
  assert.deepEqual([call.on, call.mic], [true, false]);
});

test('a key that was let go while the browser asked leaves no microphone open', async () => {
  let allow = (/** @type {any} */ _track) => {};
  const opening = new Promise((done) => {
    allow = done;
  });
  const { call, asked } = aCall({ open: () => opening });
  await call.join();
  const pressed = call.setMic(true);
  await call.setMic(false);
  allow('track');
  await pressed;
  assert.equal(call.mic, false);
  assert.equal(asked.at(-1), 'device shut');
  assert.ok(!asked.includes('mic {"on":true}'));
});

test('when the room takes the word, or refuses it, the device is shut', async () => {
  const { call, asked } = aCall();
  await call.join();
  await call.setMic(true);
  assert.equal(call.mic, true);
  call.voiced({ by: 'me', on: false });
  assert.deepEqual([call.mic, asked.at(-1)], [false, 'device shut']);
  const refused = aCall({ answers: { mic: new Error('not-on-stage') } });
  await refused.call.join();
  await assert.rejects(refused.call.setMic(true));
  assert.deepEqual([refused.call.mic, refused.asked.at(-1)], [false, 'device shut']);
});

test('after a lost line the call is joined again, with the microphone as it was', async () => {
  const { call, asked } = aCall();
  await call.join();
  await call.setMic(true);
  asked.length = 0;
  await call.welcomed({ call: [], mics: [], stage: [], mode: 'off' });
  assert.deepEqual(asked, ['call {"on":true}', 'mic {"on":true}']);
  assert.equal(call.mic, true);
});

test('a call that moves to another kind of line is joined there', async () => {
  const { call, asked } = aCall();
  await call.join();
  await call.called({ by: 'seventh', on: true, mode: 'mesh' });
  assert.equal(asked.length, 1);
  await call.called({ by: 'eighth', on: true, mode: 'livekit' });
  assert.equal(asked.at(-1), 'call {"on":true}');
});
