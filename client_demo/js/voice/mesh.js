// Browser to browser: one connection to each of the others in the call, found through the room.

const TRIES = 3; // of a connection that broke, before it is given up

/**
 * What the mesh needs from outside; `make` gives a connection as RTCPeerConnection is one.
 *
 * @typedef {object} Outside
 * @property {(config: RTCConfiguration) => RTCPeerConnection} make
 * @property {(to: string, kind: string, data: string) => Promise<unknown>} send through the room
 * @property {(id: string, track: MediaStreamTrack) => void} heard somebody's voice arrives
 * @property {(id: string) => void} gone and ends
 */
/**
 * @typedef {object} Peer
 * @property {RTCPeerConnection} connection @property {boolean} first who offers, and mends
 * @property {boolean} offering @property {boolean} ignoring an offer that crossed one's own
 * @property {RTCRtpSender | null} sender @property {RTCIceCandidateInit[]} early candidates
 * @property {Promise<void>} work one signal after the other @property {number} tries
 */

export class Mesh {
  /** @type {Map<string, Peer>} by avatar */ #peers = new Map();
  /** @type {MediaStreamTrack | null} */ #track = null;

  /**
   * @param {string} me own avatar @param {RTCIceServer[]} ice @param {Outside} outside
   */
  constructor(me, ice, outside) {
    this.me = me;
    this.ice = ice;
    this.outside = outside;
  }

  /** @returns {Record<string, string>} states of the connections, by avatar */
  get states() {
    return Object.fromEntries(
      [...this.#peers].map(([id, { connection }]) => [id, connection.connectionState]),
    );
  }

  /** Whoever comes into the call calls all who are there. @param {string} id */
  call(id) {
    if (id === this.me || this.#peers.has(id)) return;
    const peer = this.#meet(id, true);
    peer.sender = peer.connection.addTransceiver('audio', { direction: 'sendrecv' }).sender;
    this.#speak(peer);
    this.#then(id, peer, () => this.#offer(id, peer));
  }

  /** @param {{by: string, kind: string, data: string}} signal of another browser */
  signalled({ by, kind, data }) {
    if (kind === 'bye') return this.drop(by);
    let peer = this.#peers.get(by);
    if (!peer && kind !== 'offer') return; // of a connection that is over
    peer ??= this.#meet(by, false);
    const known = peer;
    this.#then(by, known, () => this.#take(by, known, kind, data));
  }

  /** What the others hear; null: silence. Nothing is negotiated anew. @param {MediaStreamTrack | null} track */
  setTrack(track) {
    this.#track = track;
    for (const peer of this.#peers.values()) this.#speak(peer);
  }

  /** @param {string} id */
  drop(id) {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#peers.delete(id);
    peer.connection.close();
    this.outside.gone(id);
  }

  close() {
    for (const id of [...this.#peers.keys()]) this.drop(id);
  }

  /** @param {string} id @param {boolean} first @returns {Peer} */
  #meet(id, first) {
    const connection = this.outside.make({ iceServers: this.ice });
    /** @type {Peer} */
    const peer = {
      connection,
      first,
      offering: false,
      ignoring: false,
      sender: null,
      early: [],
      work: Promise.resolve(),
      tries: 0,
    };
    this.#peers.set(id, peer);
    connection.onicecandidate = ({ candidate }) =>
      candidate && this.#send(id, 'candidate', JSON.stringify(candidate));
    connection.ontrack = ({ track }) => this.outside.heard(id, track);
    connection.onconnectionstatechange = () => this.#changed(id, peer);
    return peer;
  }

  /** @param {string} id @param {Peer} peer */
  #changed(id, peer) {
    const state = peer.connection.connectionState;
    if (state === 'connected') peer.tries = 0;
    if (state !== 'failed' || this.#peers.get(id) !== peer || !peer.first) return;
    if (++peer.tries > TRIES) return this.drop(id);
    this.#then(id, peer, () => this.#offer(id, peer, { iceRestart: true }));
  }

  /** In order, and while it lasts; what goes wrong ends this connection alone. @param {string} id @param {Peer} peer @param {() => Promise<void>} step */
  #then(id, peer, step) {
    peer.work = peer.work
      .then(() => (this.#peers.get(id) === peer ? step() : undefined))
      .catch(() => {
        if (this.#peers.get(id) === peer) this.drop(id);
      });
  }

  /** @param {string} id @param {Peer} peer @param {RTCOfferOptions} [options] */
  async #offer(id, peer, options) {
    peer.offering = true;
    try {
      await peer.connection.setLocalDescription(await peer.connection.createOffer(options));
      await this.outside.send(id, 'offer', peer.connection.localDescription?.sdp ?? '');
    } finally {
      peer.offering = false;
    }
  }

  /**
   * Perfect negotiation: when two offers cross, the one with the larger id gives way.
   * Source: https://w3c.github.io/webrtc-pc/#perfect-negotiation-example
   *
   * @param {string} id @param {Peer} peer @param {string} kind @param {string} data
   */
  async #take(id, peer, kind, data) {
    const { connection } = peer;
    if (kind === 'candidate') return this.#find(peer, JSON.parse(data));
    if (kind === 'answer') {
      if (connection.signalingState !== 'have-local-offer') return;
      await connection.setRemoteDescription({ type: 'answer', sdp: data });
      return this.#findEarly(peer);
    }
    const crossed = peer.offering || connection.signalingState !== 'stable';
    peer.ignoring = crossed && this.me < id;
    if (peer.ignoring) return;
    await connection.setRemoteDescription({ type: 'offer', sdp: data });
    // One's own of an offer that gave way is left behind without a mid (JSEP, RFC 8829 5.10).
    const audio = connection.getTransceivers().find(({ mid }) => mid !== null);
    if (audio) {
      audio.direction = 'sendrecv';
      peer.sender = audio.sender;
      this.#speak(peer);
    }
    await this.#findEarly(peer);
    await connection.setLocalDescription(await connection.createAnswer());
    await this.outside.send(id, 'answer', connection.localDescription?.sdp ?? '');
  }

  /** @param {Peer} peer @param {RTCIceCandidateInit} candidate */
  async #find(peer, candidate) {
    if (!peer.connection.remoteDescription) {
      peer.early.push(candidate);
      return;
    }
    try {
      await peer.connection.addIceCandidate(candidate);
    } catch (error) {
      if (!peer.ignoring) throw error; // it belongs to the offer that gave way
    }
  }

  /** @param {Peer} peer */
  async #findEarly(peer) {
    for (const candidate of peer.early.splice(0)) await this.#find(peer, candidate);
  }

  /** @param {string} id @param {string} kind @param {string} data */
  #send(id, kind, data) {
    this.outside.send(id, kind, data).catch(() => {}); // without the line to the room there is no way
  }

  /** @param {Peer} peer */
  #speak(peer) {
    peer.sender?.replaceTrack(this.#track).catch(() => {}); // closed meanwhile
  }
}
