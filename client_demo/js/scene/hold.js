// A piece in one's own hands: where it is, what the others hear of it, where it comes to rest.

import { Quaternion, Vector3 } from 'three';
import { Grasp } from './grasp.js';

const SEND_MS = 60;
const RENEW_MS = 700; // the lease is 3 s: a piece held still is renewed
const SLOWEST_MS = 10_000; // a picture may take long; without one for longer nobody is looking
const UP = new Vector3(0, 1, 0);

/**
 * @typedef {object} Hand
 * @property {(out: Vector3) => Vector3} position where the piece should be, room space
 * @property {() => number} yaw radians
 * @property {'left' | 'right' | 'pointer'} [name]
 * @property {(out: Vector3) => Vector3} [at] where the hand itself is: what two of them need
 */

export class Hold {
  /** @type {string | null} */ id = null;
  turn = 0; // radians that the visitor turned the piece
  scale = 1; // of its own size
  #at = new Vector3();
  #from = new Quaternion();
  #rotation = new Quaternion();
  #yaw = 0;
  #slack = new Vector3(); // from where one hand has it to where it still is
  #sent = new Vector3();
  #sentAt = 0;
  #drawnAt = 0;
  #sentTurn = 0;
  #sentScale = 1;
  /** @type {Hand[]} the first one carries */ #hands = [];
  #grasp = new Grasp();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./products.js').Products} products
   * @param {import('./showroom.js').Showroom} room
   * @param {(name: string, message: any) => Promise<any>} ask the room
   * @param {(id: string | null) => void} changed told when the hand fills or empties
   */
  constructor(stage, products, room, ask, changed) {
    this.stage = stage;
    this.products = products;
    this.room = room;
    this.ask = ask;
    this.changed = changed;
    stage.parts.push(this);
  }

  /** @returns {{scale: [number, number], reach: number | null, turn: string}} of what one holds */
  get limits() {
    const piece = this.id ? this.products.pieces.get(this.id) : null;
    return piece?.limits ?? { scale: [1, 1], reach: null, turn: 'free' };
  }

  /** How many of one's hands have it. */
  get hands() {
    return this.#hands.length;
  }

  /** Both hands have it. */
  get both() {
    return this.hands > 1;
  }

  /** @param {Hand} hand */
  has(hand) {
    return this.#hands.includes(hand);
  }

  /**
   * @param {string} id @param {Hand} hand
   * Throws the room's refusal when somebody else holds it.
   */
  async take(id, hand) {
    if (this.id) await this.putBack();
    await this.ask('grab', { object: id, hand: hand.name ?? 'pointer' });
    const piece = this.products.pieces.get(id);
    if (!piece) return;
    this.id = id;
    this.products.mine = id;
    this.scale = piece.thing.scale ?? 1;
    this.#sentScale = this.scale;
    this.#slack.set(0, 0, 0);
    this.#carryBy(hand, piece.group.quaternion);
    this.update();
    this.changed(id);
  }

  /** The other hand, too: both turn it and scale it. @param {Hand} hand Throws the room's refusal. */
  async join(hand) {
    const [first] = this.#hands;
    if (!this.id || !first?.at || !hand.at || this.both || first === hand) return;
    await this.ask('grab', { object: this.id, hand: hand.name });
    if (!this.id || this.#hands[0] !== first) return;
    this.#hands.push(hand);
    this.#grasp.begin(first, hand, this.#at, this.#rotation, this.scale);
  }

  /** One of two hands opens. @param {Hand} hand Throws the room's refusal. */
  async letGo(hand) {
    if (!this.both || !this.has(hand)) return;
    const [rest] = this.#hands.filter((one) => one !== hand);
    this.#slack.copy(this.#at).sub(rest.position(new Vector3()));
    this.#carryBy(rest, this.#rotation);
    await this.ask('release', { object: this.id, hand: hand.name });
  }

  /** Larger or smaller, within limits. @param {number} factor */
  resize(factor) {
    if (!this.id || this.both) return;
    const [least, most] = this.limits.scale;
    this.scale = Math.min(most, Math.max(least, this.scale * factor));
    this.stage.wake();
  }

  /** Straight down onto what is below. */
  async putDown() {
    const piece = this.id ? this.products.pieces.get(this.id) : null;
    if (!piece) return;
    const lowest = Math.min(0, piece.box.min.y) * this.scale;
    this.#at.y = this.room.restingHeight(this.#at) - lowest;
    await this.#release({ position: this.#at.toArray(), rotation: this.#rotation.toArray() });
  }

  async putBack() {
    const piece = this.id ? this.products.pieces.get(this.id) : null;
    if (piece) await this.#release({ ...piece.home, home: true });
  }

  /** The room ended the hold. What is nobody's then goes home: it would hang in mid-air. */
  slip() {
    const { id, products } = this;
    if (!id) return;
    this.#empty();
    const holder = products.world.things.get(id)?.held_by;
    if (holder && holder !== products.world.me) return;
    this.bringHome(id).catch(() => {}); // somebody was faster, or the line is lost
  }

  /**
   * What lies about goes back to its place.
   *
   * @param {string} id
   * Throws the room's refusal when somebody else holds it.
   */
  async bringHome(id) {
    await this.ask('grab', { object: id });
    await this.ask('release', { object: id, home: true });
  }

  #empty() {
    this.id = null;
    this.products.mine = null;
    this.#hands = [];
    this.changed(null);
  }

  /** One hand has it from now on. @param {Hand} hand @param {Quaternion} rotation of the piece */
  #carryBy(hand, rotation) {
    this.#hands = [hand];
    this.turn = 0;
    this.#sentTurn = 0;
    this.#yaw = hand.yaw();
    this.#from.copy(rotation);
  }

  /** Between pictures that take seconds the lease would run out: to be called on a timer, too. */
  keep() {
    const now = performance.now();
    if (!this.id || now - this.#sentAt < RENEW_MS || now - this.#drawnAt > SLOWEST_MS) return;
    this.#tell();
  }

  /** @param {number} [seconds] */
  update(seconds = 0) {
    if (!this.id || this.#hands.length === 0) return;
    this.#drawnAt = performance.now();
    if (this.both) this.#byTwo();
    else this.#byOne(this.#hands[0], seconds);
    this.#confine();
    const moved =
      this.#at.distanceToSquared(this.#sent) > 1e-6 ||
      this.turn !== this.#sentTurn ||
      Math.abs(this.scale - this.#sentScale) > 1e-3;
    if (moved || this.both) this.products.carry(this.id, this.#at, this.#rotation, this.scale);
    const since = performance.now() - this.#sentAt;
    if (since > RENEW_MS || (moved && since > SEND_MS)) this.#tell();
  }

  /** @param {Hand} hand @param {number} seconds */
  #byOne(hand, seconds) {
    hand.position(this.#at).add(this.#slack.multiplyScalar(Math.exp(-6 * seconds)));
    const yaw = hand.yaw() - this.#yaw + this.turn;
    if (this.limits.turn === 'none') this.#rotation.copy(this.#from);
    else this.#rotation.setFromAxisAngle(UP, yaw).multiply(this.#from);
  }

  #byTwo() {
    const { scale, turn } = this.limits;
    this.scale = this.#grasp.read(this.#at, this.#rotation, scale);
    if (turn === 'none') this.#rotation.copy(this.#from);
  }

  /** As the room would: within reach of its place, and within the bounds. */
  #confine() {
    const { min, max } = this.room.scene.bounds;
    const { reach } = this.limits;
    const home = this.id ? this.products.pieces.get(this.id)?.home.position : null;
    if (reach && home) {
      const [x, y, z] = home;
      const away = Math.hypot(this.#at.x - x, this.#at.y - y, this.#at.z - z);
      if (away > reach) {
        const share = reach / away;
        this.#at.set(
          x + (this.#at.x - x) * share,
          y + (this.#at.y - y) * share,
          z + (this.#at.z - z) * share,
        );
      }
    }
    this.#at.set(
      Math.min(max[0], Math.max(min[0], this.#at.x)),
      Math.min(max[1], Math.max(min[1], this.#at.y)),
      Math.min(max[2], Math.max(min[2], this.#at.z)),
    );
  }

  #tell() {
    this.#sent.copy(this.#at);
    this.#sentTurn = this.turn;
    this.#sentScale = this.scale;
    this.#sentAt = performance.now();
    const message = {
      object: this.id,
      position: this.#at.toArray(),
      rotation: this.#rotation.toArray(),
      scale: this.scale,
    };
    this.ask('move', message).catch((error) => {
      // Only the room's own word ends the hold; a lost connection is mended by resuming.
      if (error.problem && message.object === this.id) this.slip();
    });
  }

  /** @param {{position: number[], rotation: number[], home?: boolean}} place */
  async #release({ position, rotation, home }) {
    const object = this.id;
    const piece = object ? this.products.pieces.get(object) : null;
    const scale = home ? 1 : this.scale;
    const place =
      home || piece?.snap ? { ...piece?.home, scale: 1 } : { position, rotation, scale };
    const thing = object ? this.products.world.things.get(object) : null;
    if (thing) Object.assign(thing, place, { held_by: null });
    this.#empty();
    if (object) this.products.sync(object);
    await this.ask('release', home ? { object, home } : { object, position, rotation, scale });
  }
}
