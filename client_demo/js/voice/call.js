// The visitor's part in the room's call. Starts with nothing: no call, no microphone.

import { LargeCall } from './livekit.js';
import { Mesh } from './mesh.js';

/**
 * @typedef {object} Outside
 * @property {(name: string, message: any) => Promise<any>} ask the room
 * @property {() => string | null} me own avatar
 * @property {import('./mesh.js').Outside['make']} make
 * @property {import('./devices.js').Microphone} microphone
 * @property {(id: string, track: MediaStreamTrack) => void} heard @property {(id: string) => void} gone
 * @property {() => void} changed what the buttons show
 */

export class Call {
  on = false;
  mic = false;
  /** @type {'mesh' | 'livekit' | 'off'} */ mode = 'off';
  /** @type {Set<string>} avatars in the call */ present = new Set();
  /** @type {Set<string>} with an open microphone */ speaking = new Set();
  /** @type {Set<string>} */ stage = new Set();
  /** @type {Mesh | LargeCall | null} */ #line = null;
  #asked = 0; // answers that come late belong to a call that is over
  #wanted = false; // the microphone; a key may be let go while the browser still asks

  /** @param {Outside} outside */
  constructor(outside) {
    this.outside = outside;
  }

  /** @returns {Record<string, string>} how the connections are, by avatar */
  get states() {
    return this.#line instanceof Mesh ? this.#line.states : {};
  }

  /** Throws ProblemError, Unreachable, or what LiveKit throws. */
  async join() {
    const asked = ++this.#asked;
    const answer = await this.outside.ask('call', { on: true });
    if (asked !== this.#asked) return;
    this.#hangUp();
    this.on = true;
    this.mode = answer.mode;
    try {
      if (answer.mode === 'livekit') await this.#joinLarge(answer.livekit);
      else this.#joinMesh(answer);
    } catch (error) {
      await this.leave();
      throw error;
    }
    if (this.mic) await this.setMic(true); // it was open before the line was lost
    this.outside.changed();
  }

  async leave() {
    this.#asked++;
    this.#end();
    await this.outside.ask('call', { on: false });
  }

  /** Throws NoMicrophone, ProblemError, Unreachable. @param {boolean} on @param {boolean} [soonAgain] */
  async setMic(on, soonAgain = false) {
    if (!this.on) return;
    this.#wanted = on;
    if (!on) {
      this.#silence(soonAgain);
      await this.outside.ask('mic', { on: false });
      return;
    }
    const track = await this.outside.microphone.open();
    if (!this.#wanted) return this.outside.microphone.shut();
    try {
      await this.outside.ask('mic', { on: true });
    } catch (error) {
      this.#silence();
      throw error;
    }
    if (!this.#wanted) return this.outside.microphone.shut();
    this.mic = true;
    this.#line?.setTrack(track);
    this.outside.changed();
  }

  // ---- what the room says ----

  /** @param {any} state of the welcome; a call that went on without us is joined again */
  welcomed({ call, mics, stage, mode }) {
    this.mode = mode;
    this.present = new Set(call);
    this.speaking = new Set(mics);
    this.stage = new Set(stage);
    if (this.on) return this.join();
    // The room thinks of another page that had this avatar.
    const me = this.outside.me();
    return this.present.has(me ?? '') ? this.outside.ask('call', { on: false }) : undefined;
  }

  /** @param {{by: string, on: boolean, mode: any}} message */
  called({ by, on, mode }) {
    if (on) this.present.add(by);
    else this.#lose(by);
    const moved = this.on && on && by !== this.outside.me() && mode !== this.mode;
    this.mode = mode;
    return moved ? this.join() : undefined;
  }

  /** @param {{by: string, on: boolean}} message */
  voiced({ by, on }) {
    if (on) this.speaking.add(by);
    else this.speaking.delete(by);
    if (by === this.outside.me() && !on && this.mic) this.#silence(); // the room took the word
  }

  /** @param {{avatar: string, on: boolean}} message */
  staged({ avatar, on }) {
    if (on) this.stage.add(avatar);
    else this.stage.delete(avatar);
    // A pass that was for listening is changed for one that speaks.
    const speaks = on && avatar === this.outside.me() && this.on && this.mode === 'livekit';
    return speaks ? this.join() : undefined;
  }

  /** @param {any} signal */
  signalled(signal) {
    if (this.#line instanceof Mesh) this.#line.signalled(signal);
  }

  /** Somebody whom one does not want to hear any more, or who left. @param {string} id */
  drop(id) {
    this.#line?.drop(id);
    this.outside.gone(id);
  }

  /** @param {string} id */
  #lose(id) {
    this.present.delete(id);
    this.speaking.delete(id);
    if (id === this.outside.me()) return; // the line was lost; the welcome says what is
    this.drop(id);
  }

  /** @param {boolean} [soonAgain] */
  #silence(soonAgain = false) {
    this.mic = false;
    this.#wanted = false;
    this.#line?.setTrack(null);
    this.outside.microphone.shut(soonAgain);
    this.outside.changed();
  }

  #end() {
    this.#silence();
    this.on = false;
    this.#hangUp();
    this.outside.changed();
  }

  #hangUp() {
    this.#line?.close();
    this.#line = null;
    for (const id of this.present) this.outside.gone(id);
  }

  /** @param {{peers: string[], ice: RTCIceServer[]}} answer */
  #joinMesh({ peers, ice }) {
    const { make, heard, gone, ask, me } = this.outside;
    const send = (
      /** @type {string} */ to,
      /** @type {string} */ kind,
      /** @type {string} */ data,
    ) => ask('signal', { to, kind, data });
    const mesh = new Mesh(me() ?? '', ice, { make, send, heard, gone });
    this.#line = mesh;
    for (const id of peers) mesh.call(id);
  }

  /** @param {{url: string, token: string}} pass */
  async #joinLarge(pass) {
    const { heard, gone } = this.outside;
    const line = new LargeCall({ heard, gone, lost: () => this.#line === line && this.#end() });
    this.#line = line;
    await line.join(pass);
  }
}
