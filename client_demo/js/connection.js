// The line to the room: join, messages with answers, and coming back when it was lost.

import { io } from 'socket.io-client';
import { ProblemError, Unreachable } from './api.js';

const ANSWER_MS = 8000;

/**
 * @typedef {object} Ears
 * @property {(welcome: any) => void} welcome
 * @property {(name: string, message: any) => void} message
 * @property {(frame: ArrayBuffer) => void} poses
 * @property {() => void} lost
 * @property {(error: unknown) => Promise<void>} refused told why joining failed; resolves to try again
 */

export class Connection {
  /** @type {any} */ #socket = null;
  /** @type {string | null} */ #ticket = null;
  /** @type {string | null} */ #resume = null;
  #closed = false;

  /**
   * @param {() => Promise<{ticket: string, url: string}>} join asks the server for a seat
   * @param {Ears} ears
   */
  constructor(join, ears) {
    this.join = join;
    this.ears = ears;
  }

  get connected() {
    return this.#socket?.connected ?? false;
  }

  /** Takes a seat and goes in; keeps trying until it is told to stop. */
  async open() {
    while (!this.#closed) {
      try {
        const { ticket, url } = await this.join();
        this.#ticket = ticket;
        this.#resume = null;
        this.#connect(url);
        return;
      } catch (error) {
        await this.ears.refused(error);
      }
    }
  }

  close() {
    this.#closed = true;
    this.#socket?.disconnect();
  }

  /**
   * @param {string} name @param {any} message
   * @returns {Promise<any>} the acknowledgement
   * Throws ProblemError when the room refuses, Unreachable when no answer came.
   */
  async ask(name, message) {
    if (!this.connected) throw new Unreachable('not connected');
    const answer = await this.#socket
      .timeout(ANSWER_MS)
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

  /** @param {string} url of the node that has the room */
  #connect(url) {
    this.#socket?.removeAllListeners();
    this.#socket?.disconnect();
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 3000,
      auth: (give) => give(this.#resume ? { resume: this.#resume } : { ticket: this.#ticket }),
    });
    this.#socket = socket;
    socket.onAny((name, message) => this.#heard(name, message));
    socket.on('connect_error', () => this.#refused(socket));
    socket.on('disconnect', () => {
      this.ears.lost();
      this.#refused(socket);
    });
  }

  /** Whatever the room says: who knows nothing of a message lets it pass. @param {string} name @param {any} message */
  #heard(name, message) {
    if (name === 'poses') return this.ears.poses(message);
    if (name !== 'welcome') return this.ears.message(name, message);
    this.#resume = message.resume;
    this.ears.welcome(message);
  }

  /** A seat that is gone for good is asked for anew; a lost line mends itself. @param {any} socket */
  #refused(socket) {
    if (this.#closed || socket.active || socket !== this.#socket) return;
    this.#socket = null;
    setTimeout(() => this.open(), 400 + Math.random() * 800);
  }
}
