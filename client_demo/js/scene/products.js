// The pieces on display: loaded, dressed in their finish, found under a pointer, carried about.

import {
  Box3,
  BoxGeometry,
  Group,
  Mesh,
  MeshBasicMaterial,
  Quaternion,
  RingGeometry,
  Vector3,
} from 'three';
import { spunBy } from '../display.js';
import { chooseFiles, chooseLevels, materialVariant } from '../files.js';
import { Listeners } from '../listeners.js';
import { keepPreview, place } from './showroom.js';
import { disposeLabel, makeTag } from './text.js';
import { applyVariant } from './variants.js';

/** @typedef {import('../world.js').Thing} Thing */
/** @typedef {import('./models.js').GLTF} GLTF */
/** @typedef {{id: string, position: number[], text: Record<string, string>}} Hotspot */
/**
 * @typedef {object} Piece
 * @property {Thing} thing @property {any} product @property {Group} group
 * @property {Mesh} target an invisible box that a ray can hit @property {Box3} box local
 * @property {import('three').Object3D | null} model @property {GLTF | null} gltf
 * @property {string | null} shown the finish it wears
 * @property {import('../files.js').File[]} levels of detail, the finest first
 * @property {number} level which of them it shows or will; -1 for none yet
 * @property {import('three').Sprite | null} tag
 * @property {{position: number[], rotation: number[]}} home
 * @property {{scale: [number, number], reach: number | null, turn: string}} limits
 * @property {boolean} snap goes home whenever it is let go @property {Hotspot[]} hotspots
 * @property {Vector3} goal @property {Quaternion} goalTurn @property {number} goalScale
 */

const PICK_LAYER = 1; // seen by rays, not by the camera
const UP = new Vector3(0, 1, 0);
const SPIN_SHADOW_MS = 150; // the shadow of what turns by itself may lag behind
const HAND_SIZED = 0.6; // metres, the longest side of what one takes by reaching into it
const FOLLOW = 14; // per second: how fast a carried piece closes the gap to where it was told to be

export class Products {
  /** @type {Map<string, Piece>} */ pieces = new Map();
  /** @type {'screen' | 'headset'} */ device = 'screen';
  /** @type {Set<Piece>} whose model has no file yet */ missing = new Set();
  /** @type {string | null} own hold: placed directly, not by messages */ mine = null;
  #ring = makeRing();
  #hovered = '';
  #targets = new Group();
  #listeners = new Listeners();
  #turn = new Quaternion();
  #point = new Vector3();
  #shadowsAt = 0;
  /** The room's clock, ms: pieces that spin turn by it. */
  clock = () => 0;

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./models.js').Models} models
   * @param {import('../world.js').World} world
   */
  constructor(stage, models, world) {
    this.stage = stage;
    this.models = models;
    this.world = world;
    this.root = new Group();
    this.root.add(this.#ring);
    stage.scene.add(this.root, this.#targets);
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
      /** @type {Thing} */
      const thing = {
        id: display.id,
        sku: display.sku,
        position: display.position,
        rotation: display.rotation ?? [0, 0, 0, 1],
        variant: display.variant ?? product?.variants?.[0]?.id ?? null,
        held_by: null,
      };
      const piece = this.#add(thing, product, display);
      return this.#load(piece);
    });
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
    this.#dress(piece);
    this.#tag(piece);
    this.stage.wake(400);
  }

  /** @param {import('three').Raycaster} ray @returns {string | null} id of the nearest piece */
  pick(ray) {
    ray.layers.set(PICK_LAYER);
    const hit = ray.intersectObject(this.#targets, true)[0];
    ray.layers.set(0);
    return hit ? hit.object.name : null;
  }

  /**
   * What a hand reaches into. Of large pieces only one's own: over a seat a hand is inside the
   * chair's box, and means what it points at.
   *
   * @param {Vector3} at room space @returns {string | null} id of the smallest
   */
  touched(at) {
    let found = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [id, { target }] of this.pieces) {
      const size = Math.max(target.scale.x, target.scale.y, target.scale.z);
      const means = id === this.mine || (target.userData.grab && size < HAND_SIZED);
      if (!means || size >= least) continue;
      const { x, y, z } = target.worldToLocal(this.#point.copy(at)); // its box is 1 wide there
      if (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) > 0.5) continue;
      least = size;
      found = id;
    }
    return found;
  }

  /** @param {string | null} id */
  hover(id) {
    if ((id ?? '') === this.#hovered) return;
    this.#hovered = id ?? '';
    const piece = id ? this.pieces.get(id) : null;
    this.#ring.visible = Boolean(piece);
    if (piece) this.#encircle(piece);
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
      if (piece.group.position.distanceToSquared(piece.goal) < 1e-7 && near(piece)) continue;
      piece.group.position.lerp(piece.goal, share);
      piece.group.quaternion.slerp(piece.goalTurn, share);
      const scale = piece.group.scale.x + (piece.goalScale - piece.group.scale.x) * share;
      piece.group.scale.setScalar(scale);
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

  /** @param {Thing} thing @param {any} product @param {any} display */
  #add(thing, product, display) {
    const size = product?.dimensions ?? { width: 0.3, height: 0.3, depth: 0.3 };
    const half = new Vector3(size.width / 2, size.height, size.depth / 2);
    /** @type {Piece} */
    const piece = {
      thing,
      product,
      group: place(new Group(), thing),
      target: new Mesh(new BoxGeometry(1, 1, 1), new MeshBasicMaterial({ visible: false })),
      box: new Box3(new Vector3(-half.x, 0, -half.z), half),
      model: null,
      gltf: null,
      shown: null,
      levels: [],
      level: -1,
      tag: null,
      home: { position: thing.position, rotation: thing.rotation },
      limits: limitsOf(display),
      snap: display.snap ?? false,
      hotspots: display.hotspots ?? [],
      goal: new Vector3().fromArray(thing.position),
      goalTurn: new Quaternion().fromArray(thing.rotation),
      goalScale: 1,
    };
    piece.target.name = thing.id;
    piece.target.userData.grab = display.grab ?? true;
    piece.target.layers.set(PICK_LAYER);
    this.pieces.set(thing.id, piece);
    this.root.add(piece.group);
    this.#targets.add(piece.target);
    this.#fitTarget(piece);
    return piece;
  }

  /** What was not converted yet. @param {readonly any[]} products */
  bring(products) {
    for (const piece of this.missing) {
      const product = products.find((one) => one.sku === piece.product?.sku);
      if (!product?.files?.length) continue;
      piece.product.files = product.files;
      this.#load(piece).catch(keepPreview);
    }
  }

  /** Other files for another device. @param {'screen' | 'headset'} device */
  setDevice(device) {
    this.device = device;
    for (const piece of this.pieces.values()) this.#refine(piece);
  }

  /** @param {Piece} piece */
  async #load(piece) {
    const [first, best] = chooseFiles(piece.product?.files ?? [], this.device);
    if (!first) {
      if (piece.product) this.missing.add(piece);
      return;
    }
    this.missing.delete(piece);
    await this.#show(piece, await this.models.load(first.url));
    if (best) this.#refine(piece);
  }

  /** The file for this device; of several levels, levels.js chooses. @param {Piece} piece */
  #refine(piece) {
    piece.levels = chooseLevels(piece.product?.files ?? [], this.device);
    piece.level = -1;
    if (piece.levels.length === 1) this.wear(piece, 0);
  }

  /**
   * Another level, when it is there; what is shown stays until then.
   *
   * @param {Piece} piece @param {number} level index
   */
  wear(piece, level) {
    if (piece.level === level) return;
    const file = piece.levels[level];
    piece.level = level;
    const wanted = () => piece.levels[piece.level] === file;
    const loading = this.models.load(file.url);
    loading.then((gltf) => (wanted() ? this.#show(piece, gltf) : null)).catch(keepPreview);
  }

  /** @param {Piece} piece @param {GLTF} gltf */
  async #show(piece, gltf) {
    const model = gltf.scene.clone(true);
    await applyVariant(model, gltf, this.#finish(piece));
    this.stage.surfaces.dress(model);
    if (piece.model) piece.group.remove(piece.model);
    piece.model = model;
    piece.gltf = gltf;
    piece.shown = piece.thing.variant;
    piece.group.add(model);
    piece.group.updateWorldMatrix(true, true);
    piece.box.setFromObject(model);
    piece.box.applyMatrix4(piece.group.matrixWorld.clone().invert());
    this.#fitTarget(piece);
    this.stage.shadowsMoved();
    this.#dress(piece);
  }

  /** @param {Piece} piece @returns {string | null} the finish's name in the glTF */
  #finish(piece) {
    return materialVariant(piece.product, piece.thing.variant);
  }

  /** @param {Piece} piece */
  #dress(piece) {
    if (!piece.model || !piece.gltf || piece.shown === piece.thing.variant) return;
    piece.shown = piece.thing.variant;
    const { model } = piece;
    applyVariant(model, piece.gltf, this.#finish(piece)).then(() => {
      this.stage.surfaces.dress(model);
      this.stage.wake(100);
    });
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
    piece.group.position.copy(piece.goal);
    piece.group.quaternion.copy(piece.goalTurn);
    piece.group.scale.setScalar(piece.goalScale);
    this.#moved(piece);
  }

  /** @param {Piece} piece */
  #moved(piece) {
    this.#fitTarget(piece);
    if (piece.tag) this.#fitTag(piece);
    if (piece.thing.id === this.#hovered) this.#encircle(piece);
    this.#listeners.tell('moved', piece.thing.id);
    if (piece.thing.spin && performance.now() - this.#shadowsAt < SPIN_SHADOW_MS) return;
    this.#shadowsAt = performance.now();
    this.stage.shadowsMoved();
  }

  /** A little larger than the piece: a vase should not be hard to hit. @param {Piece} piece */
  #fitTarget(piece) {
    piece.box.getSize(piece.target.scale).multiply(piece.group.scale).addScalar(0.04);
    piece.box.getCenter(piece.target.position);
    piece.group.updateMatrixWorld();
    piece.target.position.applyMatrix4(piece.group.matrixWorld);
    piece.target.quaternion.copy(piece.group.quaternion);
    piece.target.updateMatrixWorld();
  }

  /** @param {Piece} piece */
  #encircle(piece) {
    const { min, max } = piece.box;
    const { x: scale } = piece.group.scale;
    const radius = 0.04 + Math.max(max.x - min.x, max.z - min.z) * 0.58 * scale;
    this.#ring.scale.setScalar(radius);
    this.#ring.position.copy(piece.group.position);
    this.#ring.position.y += min.y * scale + 0.006;
  }
}

/** What people may do with a piece; as the room reads it. @param {any} display of the scene */
function limitsOf({ limits, grab }) {
  const {
    scale = [0.5, 2],
    reach = null,
    turn = limits || (grab ?? true) ? 'free' : 'none',
  } = {
    ...limits,
  };
  return { scale, reach, turn };
}

/** @param {Piece} piece */
function near(piece) {
  const sized = Math.abs(piece.group.scale.x - piece.goalScale) < 1e-4;
  return sized && Math.abs(piece.group.quaternion.dot(piece.goalTurn)) > 0.999999;
}

function makeRing() {
  const geometry = new RingGeometry(0.93, 1, 64).rotateX(-Math.PI / 2);
  const material = new MeshBasicMaterial({
    color: '#b5482c',
    transparent: true,
    opacity: 0.85,
    depthWrite: false,
    toneMapped: false,
  });
  const ring = new Mesh(geometry, material);
  ring.visible = false;
  return ring;
}
