// The others: figures that follow their poses, with names above and words in bubbles.

import { CanvasTexture, Euler, Group, Quaternion, Vector3 } from 'three';
import { Track } from '../interpolate.js';
import { Listeners } from '../listeners.js';
import { createPose, LEFT, RIGHT, readPoses } from '../pose.js';
import { fade } from './fade.js';
import { disposeFigure, makeFigure, standUp } from './figure.js';
import { disposeLabel, makeTag } from './text.js';

/** @typedef {import('../world.js').Avatar} Avatar */
/**
 * @typedef {object} Person
 * @property {Avatar} avatar @property {import('./figure.js').Figure} figure
 * @property {Track} track @property {Group} above @property {import('three').Sprite} tag
 * @property {import('three').Sprite | null} bubble @property {number} bubbleUntil ms
 * @property {boolean} shown @property {boolean} moving when last drawn
 * @property {number} opacity 0…1
 */

const BUBBLE_MS = 7000;
const NEAR = 0.45; // metres: whoever stands in one's own place would be seen from inside
const BODY_TURN = 5; // per second: the body follows the head softly

export class Avatars {
  /** @type {Map<string, Person>} */ people = new Map();
  #root = new Group();
  #read = createPose();
  #pose = createPose();
  #turn = new Euler(0, 0, 0, 'YXZ');
  #quaternion = new Quaternion();
  #eye = new Vector3();
  #softness = softCircle();
  #now = 0;
  #listeners = new Listeners();
  /** @type {ReadonlySet<string>} */ #veiled = new Set();
  /**
   * How an avatar looks; whoever is here already keeps their figure until `remake`.
   *
   * @type {(avatar: Avatar, softness: import('three').Texture) => import('./figure.js').Figure}
   */
  figureMaker = (avatar, softness) => makeFigure(avatar.color ?? '#8a6f5a', softness);
  /** @param {number} index @param {import('../pose.js').Pose} pose */
  #receive = (index, pose) => {
    const avatar = this.world.byIndex.get(index);
    const person = avatar && this.people.get(avatar.id);
    if (person) person.track.push(pose, this.#now);
  };

  /** @param {import('./stage.js').Stage} stage @param {import('../world.js').World} world */
  constructor(stage, world) {
    this.stage = stage;
    this.world = world;
    /** @type {import('../pose.js').Bounds} */
    this.bounds = { min: [0, 0, 0], max: [1, 1, 1] };
    stage.scene.add(this.#root);
    stage.parts.push(this);
  }

  /** Follows the world: who is new gets a figure, who left loses it. */
  sync() {
    for (const avatar of this.world.avatars.values()) {
      if (avatar.id !== this.world.me && !this.people.has(avatar.id)) this.#enter(avatar);
    }
    for (const [id, person] of this.people) {
      if (this.world.avatars.has(id) && id !== this.world.me) continue;
      if (person.bubble) disposeLabel(person.bubble);
      this.#undress(person);
      this.people.delete(id);
      this.#listeners.tell('left', person.avatar);
    }
    this.stage.wake();
  }

  /**
   * Told of the avatar: `entered` when there is a figure for it, `left` when there is none any more,
   * `moved` in every frame that draws it elsewhere.
   *
   * @param {'entered' | 'left' | 'moved'} topic @param {(avatar: Avatar) => void} listener
   */
  on(topic, listener) {
    this.#listeners.on(topic, listener);
  }

  /** @param {string} id @returns {Group | null} over the head, upright: for signs of all kinds */
  above(id) {
    return this.people.get(id)?.above ?? null;
  }

  /** @param {string} id @param {Vector3} out room space @returns {Vector3 | null} null for who is not seen yet */
  headOf(id, out) {
    const person = this.people.get(id);
    return person?.shown ? out.copy(person.figure.head.position) : null;
  }

  /** @param {string} id @param {number} share 0 for nothing to see, 1 for all */
  opacity(id, share) {
    const person = this.people.get(id);
    if (!person || person.opacity === share) return;
    person.opacity = share;
    fade(person.figure.root, share);
    this.stage.wake();
  }

  /** These are not drawn, and nobody else is kept from sight. @param {Iterable<string>} ids */
  veil(ids) {
    this.#veiled = new Set(ids);
    this.stage.wake();
  }

  /** After a new name, colour or figure. @param {string} id */
  remake(id) {
    const person = this.people.get(id);
    const avatar = this.world.avatars.get(id);
    if (!person || !avatar) return;
    this.#undress(person);
    Object.assign(person, this.#dress(avatar, person.above), { avatar, shown: false });
    fade(person.figure.root, person.opacity);
    this.stage.wake();
  }

  /** @param {import('three').Raycaster} ray @returns {string | null} id of the nearest person */
  pick(ray) {
    let nearest = Number.POSITIVE_INFINITY;
    let found = null;
    for (const [id, { figure }] of this.people) {
      if (!figure.root.visible) continue;
      const hit = ray.intersectObjects([figure.body, figure.head], true)[0];
      if (!hit || hit.distance >= nearest) continue;
      nearest = hit.distance;
      found = id;
    }
    return found;
  }

  /** @param {ArrayBuffer | Uint8Array} frame of the whole room */
  receive(frame) {
    const view =
      frame instanceof ArrayBuffer
        ? new DataView(frame)
        : new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#now = performance.now();
    readPoses(view, this.bounds, this.#read, this.#receive);
    this.stage.wake(300);
  }

  /** @param {string} id @param {string} text */
  say(id, text) {
    const person = this.people.get(id);
    if (!person) return;
    if (person.bubble) disposeLabel(person.bubble);
    const look = { ink: '#2a231d', paper: '#fffdf9', height: 0.115, maxLetters: 26 };
    person.bubble = makeTag(text, look);
    person.bubble.position.y = 0.15;
    person.above.add(person.bubble);
    person.bubbleUntil = performance.now() + BUBBLE_MS;
    fade(person.bubble, person.opacity);
    this.stage.wake();
  }

  /** @param {number} seconds */
  update(seconds) {
    const now = performance.now();
    this.#eye.setFromMatrixPosition(this.stage.camera.matrixWorld);
    for (const person of this.people.values()) {
      if (person.track.empty) continue;
      const moving = person.track.sample(now, this.#pose);
      const turning = this.#follow(person, seconds);
      const drawn = moving || person.moving || turning || !person.shown; // the last step counts, too
      if (moving || turning || !person.shown) this.stage.wake();
      person.shown = true;
      person.moving = moving;
      person.figure.root.visible = this.#isSeen(person);
      if (drawn) this.#listeners.tell('moved', person.avatar);
      if (person.bubble && now > person.bubbleUntil) {
        disposeLabel(person.bubble);
        person.bubble = null;
        this.stage.wake();
      }
    }
  }

  /** @param {Person} person */
  #isSeen({ avatar, figure, opacity }) {
    if (opacity <= 0 || this.#veiled.has(avatar.id)) return false;
    return figure.head.position.distanceTo(this.#eye) > NEAR;
  }

  /** @param {Person} person @param {number} seconds @returns {boolean} whether the body still turns */
  #follow(person, seconds) {
    const { figure, above } = person;
    const { head, turn, flags } = this.#pose;
    figure.head.position.set(head[0], head[1], head[2]);
    figure.head.quaternion.set(turn[0], turn[1], turn[2], turn[3]);
    this.#turn.setFromQuaternion(figure.head.quaternion);
    let away = this.#turn.y - figure.body.rotation.y;
    away = Math.atan2(Math.sin(away), Math.cos(away));
    figure.body.rotation.y += away * (person.shown ? 1 - Math.exp(-BODY_TURN * seconds) : 1);
    standUp(figure, head[0], head[1], head[2]);
    above.position.set(head[0], head[1] + 0.24, head[2]);
    this.#hand(figure.left, flags & LEFT, this.#pose.left, this.#pose.leftTurn);
    this.#hand(figure.right, flags & RIGHT, this.#pose.right, this.#pose.rightTurn);
    return Math.abs(away) > 0.01;
  }

  /**
   * @param {import('three').Mesh} hand @param {number} there
   * @param {Float64Array} offset @param {Float64Array} turn
   */
  #hand(hand, there, offset, turn) {
    hand.visible = there !== 0;
    if (!there) return;
    const { head } = this.#pose;
    hand.position.set(head[0] + offset[0], head[1] + offset[1], head[2] + offset[2]);
    hand.quaternion.copy(this.#quaternion.set(turn[0], turn[1], turn[2], turn[3]));
  }

  /** @param {Avatar} avatar */
  #enter(avatar) {
    const above = new Group();
    this.people.set(avatar.id, {
      avatar,
      ...this.#dress(avatar, above),
      above,
      track: new Track(),
      bubble: null,
      bubbleUntil: 0,
      shown: false,
      moving: false,
      opacity: 1,
    });
    this.#listeners.tell('entered', avatar);
  }

  /** @param {Avatar} avatar @param {Group} above */
  #dress(avatar, above) {
    const figure = this.figureMaker(avatar, this.#softness);
    this.stage.surfaces.dress(figure.root);
    // People walk, and the shadows of the room are drawn only when it changes: theirs is a blob.
    figure.root.traverse((node) => {
      node.castShadow = false;
    });
    figure.shadow.receiveShadow = false;
    figure.shadow.castShadow = false;
    const look = { ink: '#2a231d', paper: '#fffdf9e8', dot: avatar.color, height: 0.1 };
    const tag = makeTag(avatar.name, look);
    above.add(tag);
    figure.root.add(above);
    figure.root.visible = false; // until the first pose: nobody pops up in the middle of the floor
    this.#root.add(figure.root);
    return { figure, tag };
  }

  /** @param {Person} person */
  #undress({ figure, tag, above }) {
    fade(figure.root, 1);
    above.removeFromParent();
    disposeLabel(tag);
    disposeFigure(figure);
  }
}

/** White in the middle, gone at the rim: the shadow under a person. */
function softCircle() {
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 64;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const glow = context.createRadialGradient(32, 32, 0, 32, 32, 32);
  glow.addColorStop(0, 'rgba(255,255,255,1)');
  glow.addColorStop(0.55, 'rgba(255,255,255,0.75)');
  glow.addColorStop(1, 'rgba(255,255,255,0)');
  context.fillStyle = glow;
  context.fillRect(0, 0, 64, 64);
  return new CanvasTexture(canvas);
}
