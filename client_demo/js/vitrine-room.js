// A room for any page or program: no DOM, no three.js. In a page with an import map, or in Node with
// the package `socket.io-client` installed.
//
//   const room = new RoomClient({ url: 'https://house.example', name: 'Ada' });
//   room.on('said', ({ name, text }) => console.log(name, text));
//   await room.enter();
//   await room.ask('say', { text: 'Hello' });

import { Api, ProblemError, Unreachable } from './api.js';
import { Connection } from './connection.js';
import { Track } from './interpolate.js';
import { Listeners } from './listeners.js';
import { createPose, encodePose, FULL_BYTES, LEFT, RIGHT, readPoses } from './pose.js';
import { World } from './world.js';

export { createPose, LEFT, ProblemError, RIGHT, Track, Unreachable, World };

const SEND_MS = 50;

export class RoomClient {
  world = new World();
  /** @type {Map<string, Track>} by avatar id: where somebody is at any moment */ tracks =
    new Map();
  /** @type {{min: number[], max: number[]}} metres */ bounds = {
    min: [-1, 0, -1],
    max: [1, 1, 1],
  };
  #listeners = new Listeners();
  #inside = false;
  #sent = 0;
  #scratch = createPose();
  #bytes = new Uint8Array(FULL_BYTES);
  /** @type {{resolve: (welcome: any) => void, reject: (error: unknown) => void} | null} */
  #first = null;

  /**
   * @param {object} options
   * @param {string} options.url the house @param {string} [options.name] of a guest
   * @param {string} [options.token] of who has one @param {string} [options.showroom]
   */
  constructor({ url, name = 'Guest', token, showroom = 'demo' }) {
    this.api = new Api(url);
    this.api.token = token ?? null;
    this.name = name;
    this.connection = new Connection(() => this.api.post(`/api/showrooms/${showroom}/join`, {}), {
      welcome: (welcome) => this.#welcomed(welcome),
      message: (name, message) => this.#heard(name, message),
      poses: (frame) => this.#moved(frame),
      lost: () => this.#listeners.tell('lost', null),
      refused: (error) => this.#refused(error),
    });
    this.connection.find = (resume) => this.api.post(`/api/showrooms/${showroom}/join`, { resume });
  }

  /**
   * @param {string} name of a message, or `welcome`, `lost`, `refused`
   * @param {(message: any) => void} hear when the world has it already
   */
  on(name, hear) {
    this.#listeners.on(name, hear);
  }

  /** Walks in; resolves with the welcome. Throws ProblemError or Unreachable. */
  async enter() {
    if (!this.api.token) {
      this.api.token = (await this.api.post('/api/sessions', { name: this.name })).token;
    }
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.connection.open();
    });
  }

  /** @param {string} name @param {any} message @returns {Promise<any>} the acknowledgement */
  ask(name, message) {
    return this.connection.ask(name, message);
  }

  /** At most 20 a second go out. @param {import('./pose.js').Pose} pose @returns {boolean} sent */
  pose(pose) {
    const now = performance.now();
    if (!this.connection.connected || now - this.#sent < SEND_MS) return false;
    this.#sent = now;
    const length = encodePose(pose, this.bounds, new DataView(this.#bytes.buffer));
    this.connection.send(this.#bytes.slice(0, length));
    return true;
  }

  /**
   * Where somebody is now, between the poses that came.
   *
   * @param {string} id of an avatar @param {import('./pose.js').Pose} out
   * @returns {boolean} false for who has not moved yet, or is not here
   */
  poseOf(id, out) {
    const track = this.tracks.get(id);
    if (!track || track.empty) return false;
    track.sample(performance.now(), out);
    return true;
  }

  /** Goes for good: the seat is free at once. Done when the room has said so. */
  async leave() {
    await this.connection.leave();
  }

  /** @param {any} welcome */
  #welcomed(welcome) {
    this.bounds = welcome.bounds;
    this.world.welcome(welcome);
    this.tracks.clear();
    this.#inside = true;
    this.#listeners.tell('welcome', welcome);
    this.#first?.resolve(welcome);
    this.#first = null;
  }

  /** @param {string} name @param {any} message */
  #heard(name, message) {
    const known = message?.rev !== undefined && message.rev <= this.world.rev;
    this.world.apply(name, message);
    if (name === 'left') this.tracks.delete(message.avatar_id);
    if (!known) this.#listeners.tell(name, message);
  }

  /** @param {ArrayBuffer | Uint8Array} frame a buffer in Node */
  #moved(frame) {
    const now = performance.now();
    const view = ArrayBuffer.isView(frame)
      ? new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
      : new DataView(frame);
    readPoses(view, this.bounds, this.#scratch, (index, pose) => {
      const avatar = this.world.byIndex.get(index);
      if (!avatar) return;
      const track = this.tracks.get(avatar.id) ?? new Track();
      this.tracks.set(avatar.id, track);
      track.push(pose, now);
    });
  }

  /** @param {unknown} error */
  async #refused(error) {
    if (this.#first && !this.#inside) {
      this.#first.reject(error);
      this.#first = null;
      this.connection.close();
      return;
    }
    this.#listeners.tell('refused', error);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
