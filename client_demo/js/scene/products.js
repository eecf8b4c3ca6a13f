// The pieces on display: set out, drawn where the world has them, found under a pointer.

import { Group, Quaternion, Vector3 } from 'three';
import { spunBy } from '../display.js';
import { Listeners } from '../listeners.js';
import { approach, arrived, makePiece, thingOf } from './piece.js';
import { Ring, Targets } from './targets.js';
import { disposeLabel, makeTag } from './text.js';
import { Wardrobe } from './wardrobe.js';

/** @typedef {import('../world.js').Thing} Thing */
/** @typedef {import('./piece.js').Piece} Piece */
/** @typedef {import('./piece.js').Hotspot} Hotspot */

const UP = new Vector3(0, 1, 0);
const SPIN_SHADOW_MS = 150; // the shadow of what turns by itself may lag behind
const FOLLOW = 14; // per second: how fast a carried piece closes the gap to where it was told to be

export class Products {
  /** @type {Map<string, Piece>} */ pieces = new Map();
  /** @type {string | null} own hold: placed directly, not by messages */ mine = null;
  #ring = new Ring();
  #targets = new Targets();
  #wardrobe;
  #hovered = '';
  #listeners = new Listeners();
  #turn = new Quaternion();
  #shadowsAt = 0;
  /** The room's clock, ms: pieces that spin turn by it. */
  clock = () => 0;

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./models.js').Models} models
   * @param {import('../world.js').World} world
   */
  constructor(stage, models, world) {
    this.stage = stage;
    this.world = world;
    this.#wardrobe = new Wardrobe(stage, models, (piece) => this.#targets.fit(piece));
    this.root = new Group();
    this.root.add(this.#ring.mesh);
    stage.scene.add(this.root, this.#targets.root);
    stage.parts.push(this);
  }

  /** Told of a piece's id whenever it is drawn at another place. @param {'moved'} topic @param {(id: string) => void} listener */
  on(topic, listener) {
    this.#listeners.on(topic, listener);
  }

  /**
   * Sets the pieces out where the scene wants them, before anybody has met.
   *
   * @param {any[]} displays of the scene @param {ReadonlyMap<string, any>} products by sku
   * @returns {Promise<void>[]}
   */
  setOut(displays, products) {
    return displays.map((display) => {
      const product = products.get(display.sku);
      const piece = makePiece(thingOf(display, product), product, display);
      this.pieces.set(display.id, piece);
      this.root.add(piece.group);
      this.#targets.add(piece);
      return this.#wardrobe.load(piece);
    });
  }

  /** Whose model has no file yet. @returns {ReadonlySet<Piece>} */
  get missing() {
    return this.#wardrobe.missing;
  }

  /** What was not converted yet. @param {readonly any[]} products */
  bring(products) {
    this.#wardrobe.bring(products);
  }

  /** Other files for another device. @param {'screen' | 'headset'} device */
  setDevice(device) {
    this.#wardrobe.device = device;
    for (const piece of this.pieces.values()) this.#wardrobe.refine(piece);
  }

  /** Another level of detail. @param {Piece} piece @param {number} level index */
  wear(piece, level) {
    this.#wardrobe.wear(piece, level);
  }

  /** Follows the world after a snapshot. */
  syncAll() {
    for (const thing of this.world.things.values()) this.sync(thing.id, true);
  }

  /** @param {string} id @param {boolean} [atOnce] without the glide */
  sync(id, atOnce = false) {
    const piece = this.pieces.get(id);
    const thing = this.world.things.get(id);
    if (!piece || !thing) return;
    piece.thing = thing;
    if (this.mine !== id) {
      piece.goal.fromArray(thing.position);
      piece.goalTurn.fromArray(thing.rotation);
      piece.goalScale = thing.scale ?? 1;
      this.#spin(piece);
      if (atOnce) this.#settle(piece);
    }
    this.#wardrobe.dress(piece);
    this.#tag(piece);
    this.stage.wake(400);
  }

  /** @param {import('three').Raycaster} ray @returns {string | null} id of the nearest piece */
  pick(ray) {
    return this.#targets.pick(ray);
  }

  /** @param {Vector3} at of a hand, room space @returns {string | null} what it reaches into */
  touched(at) {
    return this.#targets.touched(at, this.mine);
  }

  /** @param {string | null} id */
  hover(id) {
    if ((id ?? '') === this.#hovered) return;
    this.#hovered = id ?? '';
    this.#ring.show(id ? this.pieces.get(id) : null);
    this.stage.wake(200);
  }

  /**
   * A carried piece goes where its holder says, at once.
   *
   * @param {string} id @param {Vector3} position @param {Quaternion} rotation
   * @param {number} [scale]
   */
  carry(id, position, rotation, scale = 1) {
    const piece = this.pieces.get(id);
    if (!piece) return;
    piece.goal.copy(position);
    piece.goalTurn.copy(rotation);
    piece.goalScale = scale;
    this.#settle(piece);
  }

  /** @param {string} id @param {Vector3} out the middle of the piece, room space */
  middle(id, out) {
    const piece = this.pieces.get(id);
    if (!piece) return null;
    return piece.group.localToWorld(piece.box.getCenter(out));
  }

  /** @param {number} seconds */
  update(seconds) {
    const share = 1 - Math.exp(-FOLLOW * seconds);
    for (const piece of this.pieces.values()) {
      this.#spin(piece);
      if (arrived(piece)) continue;
      approach(piece, share);
      this.#moved(piece);
    }
  }

  /** A piece that turns by itself wants to be a little further. @param {Piece} piece */
  #spin(piece) {
    const { thing } = piece;
    if (!thing.spin || thing.id === this.mine) return;
    this.#turn.setFromAxisAngle(UP, spunBy(thing, this.clock()));
    piece.goalTurn.fromArray(thing.rotation).premultiply(this.#turn);
    this.stage.wake();
  }

  /** The holder's name floats above a piece that is in somebody's hand. @param {Piece} piece */
  #tag(piece) {
    if (piece.tag) disposeLabel(piece.tag);
    piece.tag = null;
    const { held_by } = piece.thing;
    if (!held_by || held_by === this.world.me) return;
    const holder = this.world.avatars.get(held_by);
    if (!holder) return;
    const look = { ink: '#fff', paper: '#2a231d', dot: holder.color, height: 0.085 };
    piece.tag = makeTag(holder.name, look);
    piece.tag.userData.size = piece.tag.scale.clone();
    this.#fitTag(piece);
    piece.group.add(piece.tag);
  }

  /** A name is as large over a small piece as over a large one. @param {Piece} piece */
  #fitTag({ tag, box, group }) {
    const { x: scale } = group.scale;
    tag?.scale.copy(tag.userData.size).divideScalar(scale);
    tag?.position.setY(box.max.y + 0.06 / scale);
  }

  /** @param {Piece} piece */
  #settle(piece) {
    approach(piece, 1);
    this.#moved(piece);
  }

  /** @param {Piece} piece */
  #moved(piece) {
    this.#targets.fit(piece);
    if (piece.tag) this.#fitTag(piece);
    if (piece.thing.id === this.#hovered) this.#ring.show(piece);
    this.#listeners.tell('moved', piece.thing.id);
    if (piece.thing.spin && performance.now() - this.#shadowsAt < SPIN_SHADOW_MS) return;
    this.#shadowsAt = performance.now();
    this.stage.shadowsMoved();
  }
}
