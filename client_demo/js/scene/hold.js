// A piece in one's own hand: where it is, what the others hear of it, where it comes to rest.

import { Quaternion, Vector3 } from 'three';

const SEND_MS = 60;
const RENEW_MS = 700; // the lease is 3 s: a piece held still is renewed even between slow frames
const UP = new Vector3(0, 1, 0);

/**
 * @typedef {object} Hand
 * @property {(out: Vector3) => Vector3} position where the piece should be, room space
 * @property {() => number} yaw radians
 */

export class Hold {
  /** @type {string | null} */ id = null;
  turn = 0; // radians that the visitor turned the piece
  #at = new Vector3();
  #from = new Quaternion();
  #rotation = new Quaternion();
  #yaw = 0;
  #sent = new Vector3();
  #sentAt = 0;
  #sentTurn = 0;
  /** @type {Hand | null} */ #hand = null;

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

  /**
   * @param {string} id @param {Hand} hand
   * Throws the room's refusal when somebody else holds it.
   */
  async take(id, hand) {
    if (this.id) await this.putBack();
    await this.ask('grab', { object: id });
    const piece = this.products.pieces.get(id);
    if (!piece) return;
    this.id = id;
    this.products.mine = id;
    this.turn = 0;
    this.#hand = hand;
    this.#yaw = hand.yaw();
    this.#from.copy(piece.group.quaternion);
    this.changed(id);
  }

  /** Straight down onto what is below. */
  async putDown() {
    const piece = this.id ? this.products.pieces.get(this.id) : null;
    if (!piece) return;
    this.#at.y = this.room.restingHeight(this.#at) - Math.min(0, piece.box.min.y);
    this.#upright(this.#rotation);
    await this.#release(this.#at.toArray(), this.#rotation.toArray());
  }

  async putBack() {
    const piece = this.id ? this.products.pieces.get(this.id) : null;
    if (piece) await this.#release(piece.home.position, piece.home.rotation);
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
    const home = this.products.pieces.get(id)?.home;
    await this.ask('grab', { object: id });
    await this.ask('release', { object: id, ...home });
  }

  #empty() {
    this.id = null;
    this.products.mine = null;
    this.#hand = null;
    this.changed(null);
  }

  update() {
    if (!this.id || !this.#hand) return;
    this.#hand.position(this.#at);
    const { min, max } = this.room.scene.bounds;
    this.#at.set(
      Math.min(max[0], Math.max(min[0], this.#at.x)),
      Math.min(max[1], Math.max(min[1], this.#at.y)),
      Math.min(max[2], Math.max(min[2], this.#at.z)),
    );
    this.#upright(this.#rotation);
    const moved = this.#at.distanceToSquared(this.#sent) > 1e-6 || this.turn !== this.#sentTurn;
    if (moved) this.products.carry(this.id, this.#at, this.#rotation);
    const since = performance.now() - this.#sentAt;
    if (since > RENEW_MS || (moved && since > SEND_MS)) this.#tell();
  }

  /** @param {Quaternion} out */
  #upright(out) {
    const yaw = (this.#hand ? this.#hand.yaw() - this.#yaw : 0) + this.turn;
    out.setFromAxisAngle(UP, yaw).multiply(this.#from);
  }

  #tell() {
    this.#sent.copy(this.#at);
    this.#sentTurn = this.turn;
    this.#sentAt = performance.now();
    const message = {
      object: this.id,
      position: this.#at.toArray(),
      rotation: this.#rotation.toArray(),
    };
    this.ask('move', message).catch((error) => {
      // Only the room's own word ends the hold; a lost connection is mended by resuming.
      if (error.problem && message.object === this.id) this.slip();
    });
  }

  /** @param {number[]} position @param {number[]} rotation */
  async #release(position, rotation) {
    const object = this.id;
    const thing = object ? this.products.world.things.get(object) : null;
    if (thing) Object.assign(thing, { position, rotation, held_by: null });
    this.#empty();
    if (object) this.products.sync(object);
    await this.ask('release', { object, position, rotation });
  }
}
