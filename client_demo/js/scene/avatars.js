// The others: figures that follow their poses, with names above and words in bubbles.

import { CanvasTexture, Euler, Group, Quaternion, Vector3 } from 'three';
import { Track } from '../interpolate.js';
import { createPose, LEFT, RIGHT, readPoses } from '../pose.js';
import { disposeFigure, makeFigure, standUp } from './figure.js';
import { disposeLabel, makeTag } from './text.js';

/**
 * @typedef {object} Person
 * @property {import('../world.js').Avatar} avatar @property {import('./figure.js').Figure} figure
 * @property {Track} track @property {Group} above @property {import('three').Sprite} tag
 * @property {import('three').Sprite | null} bubble @property {number} bubbleUntil ms
 * @property {boolean} shown
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
      disposeLabel(person.tag);
      if (person.bubble) disposeLabel(person.bubble);
      disposeFigure(person.figure);
      this.people.delete(id);
    }
    this.stage.wake();
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
      if (moving || turning || !person.shown) this.stage.wake();
      person.shown = true;
      person.figure.root.visible = person.figure.head.position.distanceTo(this.#eye) > NEAR;
      if (person.bubble && now > person.bubbleUntil) {
        disposeLabel(person.bubble);
        person.bubble = null;
        this.stage.wake();
      }
    }
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

  /** @param {import('../world.js').Avatar} avatar */
  #enter(avatar) {
    const figure = makeFigure(avatar.color ?? '#8a6f5a', this.#softness);
    this.stage.surfaces.dress(figure.root);
    // People walk, and the shadows of the room are drawn only when it changes: theirs is a blob.
    figure.root.traverse((node) => {
      node.castShadow = false;
    });
    figure.shadow.receiveShadow = false;
    figure.shadow.castShadow = false;
    const above = new Group();
    const look = { ink: '#2a231d', paper: '#fffdf9e8', dot: avatar.color, height: 0.1 };
    const tag = makeTag(avatar.name, look);
    above.add(tag);
    figure.root.add(above);
    figure.root.visible = false; // until the first pose: nobody pops up in the middle of the floor
    this.#root.add(figure.root);
    this.people.set(avatar.id, {
      avatar,
      figure,
      above,
      tag,
      track: new Track(),
      bubble: null,
      bubbleUntil: 0,
      shown: false,
    });
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
