// The line to the room: join, messages with answers, and coming back when it was lost.

import { io } from 'socket.io-client';
import { ProblemError, Unreachable } from './api.js';
import { Sequence } from './sequence.js';

const ANSWER_MS = 8000;
const LEAVE_MS = 1500; // whoever goes does not wait longer for a house that does not answer
// After a restart everybody is back within three seconds: one try a second, none at the same time.
const AGAIN_MS = 100;
const AGAIN_AT_MOST_MS = 1000;
// The seat is somebody else's now, or nobody's: coming back with the token would be wrong.
const ENDED = ['moved-to-another-device', 'kicked', 'banned', 'seated'];
// It goes on at another address: whoever gave the seat knows which.
const ELSEWHERE = ['room-elsewhere', 'room-taken-over'];
const GONE = ['seat-gone', 'invalid-token', 'expired-token', 'ticket-used', 'unknown-showroom'];

/**
 * @typedef {object} Ears
 * @property {(welcome: any) => void} welcome
 * @property {(name: string, message: any) => void} message
 * @property {(frame: ArrayBuffer) => void} poses
 * @property {() => void} lost
 * @property {(error: unknown) => Promise<void>} refused told why joining failed; resolves to try again
 */

export class Connection {
  /** Where one is in what the room tells. */ sequence = new Sequence();
  /** @type {any} */ #socket = null;
  /** @type {string | null} */ #ticket = null;
  /** @type {string | null} */ #resume = null;
  /** @type {any} why the room has ended the visit, when it has */ #ended = null;
  #closed = false;
  #syncing = false;
  #seeking = false;
  #url = '';
  /**
   * Asks where the seat of a resume token is now; null: it never moves.
   * @type {((resume: string) => Promise<Seat>) | null}
   */
  find = null;

  /** @typedef {{ticket?: string, resume?: string | null, url: string}} Seat */

  /**
   * @param {() => Promise<Seat>} join asks the server for a seat
   * @param {Ears} ears
   * @param {typeof io} [dial] opens a socket
   */
  constructor(join, ears, dial = io) {
    this.join = join;
    this.ears = ears;
    this.dial = dial;
  }

  get connected() {
    return this.#socket?.connected ?? false;
  }

  /** Takes a seat and goes in; keeps trying until it is told to stop. */
  async open() {
    while (!this.#closed) {
      try {
        return this.take(await this.join());
      } catch (error) {
        await this.ears.refused(error);
      }
    }
  }

  /**
   * Goes in with this ticket, or with the token of a visit that began elsewhere.
   *
   * @param {Seat} seat
   */
  take({ ticket, resume, url }) {
    if (this.#closed) return;
    this.#ended = null;
    this.#ticket = ticket ?? null;
    this.#resume = resume ?? null;
    this.sequence.begin({ rev: 0 });
    this.#connect(url);
  }

  /** The line ends; the seat is kept for half a minute, for who comes back with its token. */
  close() {
    this.#closed = true;
    this.#socket?.disconnect();
  }

  /** Goes for good: the seat is free at once. Without a line it is kept, as by `close`. */
  async leave() {
    this.#closed = true;
    if (this.connected) await this.ask('leave', {}, LEAVE_MS).catch(() => {});
    this.#socket?.disconnect();
  }

  /**
   * @param {string} name @param {any} message @param {number} [ms] to wait for the answer
   * @returns {Promise<any>} the acknowledgement
   * Throws ProblemError when the room refuses, Unreachable when no answer came.
   */
  async ask(name, message, ms = ANSWER_MS) {
    if (!this.connected) throw new Unreachable('not connected');
    const answer = await this.#socket
      .timeout(ms)
      .emitWithAck(name, message)
      .catch((/** @type {unknown} */ error) => {
        throw new Unreachable(String(error));
      });
    if (!answer.ok) throw new ProblemError(answer.error);
    return answer;
  }

  /** @param {Uint8Array} pose dropped while the line is busy: the next one is truer */
  send(pose) {
    if (this.connected) this.#socket.volatile.emit('pose', pose);
  }

  /** @param {string} url of the node that has the room; a path in it goes before Socket.IO's own */
  #connect(url) {
    this.#socket?.removeAllListeners();
    this.#socket?.disconnect();
    this.#url = url;
    const [, origin, path] = url.match(/^(\w+:\/\/[^/]+)(\/.*?)?\/*$/) ?? ['', url, ''];
    const socket = this.dial(origin, {
      path: `${path ?? ''}/socket.io/`,
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: AGAIN_MS,
      reconnectionDelayMax: AGAIN_AT_MOST_MS,
      randomizationFactor: 0.5,
      timeout: 5000,
      auth: (give) => give(this.#credentials()),
    });
    this.#socket = socket;
    socket.onAny((name, message) => this.#heard(name, message));
    socket.on('connect_error', (error) => {
      const problem = /** @type {any} */ (error).data;
      this.#refused(socket, problem);
      if (!problem || ELSEWHERE.includes(problem.type)) this.#seek();
    });
    socket.on('disconnect', () => {
      if (!this.#closed) this.ears.lost();
      this.#refused(socket, this.#ended);
    });
  }

  #credentials() {
    if (!this.#resume) return { ticket: this.#ticket };
    return { resume: this.#resume, ...this.sequence.standing };
  }

  /** Whatever the room says: who knows nothing of a message lets it pass. @param {string} name @param {any} message */
  #heard(name, message) {
    if (name === 'poses') return this.ears.poses(message);
    if (name === 'welcome') return this.#welcomed(message);
    if (name === 'resumed') this.#resume = message.resume;
    if (name === 'relocated') return this.#relocated(message);
    if (name === 'problem' && ENDED.includes(message?.error?.type)) this.#ended = message.error;
    if (this.sequence.takes(message)) this.ears.message(name, message);
    else if (this.sequence.gap) this.#sync();
  }

  /** @param {any} welcome */
  #welcomed(welcome) {
    this.#resume = welcome.resume;
    this.sequence.begin(welcome);
    this.ears.welcome(welcome);
  }

  /** The room has moved. @param {{url: string | null, resume: string}} message */
  #relocated({ url, resume }) {
    this.ears.lost();
    this.#resume = resume;
    if (url) this.#connect(url);
    else this.#seek();
  }

  /** Asks where one's place is now, and goes there; the present address is tried meanwhile. */
  async #seek() {
    const resume = this.#resume;
    if (this.#seeking || !this.find || !resume) return;
    this.#seeking = true;
    try {
      const { url } = await this.find(resume);
      if (!this.#closed && resume === this.#resume && url !== this.#url) this.#connect(url);
    } catch (error) {
      if (!GONE.includes(/** @type {any} */ (error).type) || resume !== this.#resume) return;
      this.#resume = null;
      this.#socket?.removeAllListeners();
      this.#socket?.disconnect();
      this.#socket = null;
      if (!this.#closed) this.open();
    } finally {
      this.#seeking = false;
    }
  }

  /** Asks for what was missed; when that is too long ago, comes in again. */
  async #sync() {
    if (this.#syncing) return;
    this.#syncing = true;
    const socket = this.#socket;
    const answer = await this.ask('sync', this.sequence.standing).catch(() => null);
    this.#syncing = false;
    this.sequence.gap = false;
    if (answer?.replayed || socket !== this.#socket || !socket?.connected) return;
    this.sequence.begin({ rev: 0 });
    socket.disconnect();
  }

  /**
   * The manager mends a lost line by itself. What the room ended or refused is tried again with the
   * same token, unless the seat is gone for good: then a new one is asked for.
   *
   * @param {any} socket @param {any} [problem] why
   */
  #refused(socket, problem) {
    if (this.#closed || socket !== this.#socket) return;
    if (ENDED.includes(problem?.type)) return this.#end(socket, problem);
    if (socket.active) return;
    const wait = AGAIN_MS + Math.random() * (AGAIN_AT_MOST_MS - AGAIN_MS);
    if (this.#resume && !GONE.includes(problem?.type)) {
      setTimeout(() => socket === this.#socket && !this.#closed && socket.connect(), wait);
    } else {
      this.#socket = null;
      setTimeout(() => this.open(), wait);
    }
  }

  /** The manager would mend this line too, and take the place back. @param {any} socket @param {any} problem */
  #end(socket, problem) {
    this.#socket = null;
    socket.disconnect();
    this.ears.message('ended', problem);
  }
}
