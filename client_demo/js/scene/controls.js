// Walking and looking: keys and mouse, finger, thumbstick. One body, several ways to steer it.

import { Euler, Raycaster, Vector2 } from 'three';
import { isFree, step } from '../collide.js';
import { Listeners } from '../listeners.js';
import { nearestFree, route } from '../route.js';

/** @typedef {import('../collide.js').Spot} Spot */

const WALK = 1.9; // metres per second, a visitor's pace
const HURRY = 3.2;
const TAP_PIXELS = 9; // a finger that moves less than this meant to tap
const TAP_MS = 450;
const LOOK = 0.0042; // radians per pixel
const RESTING_PITCH = -0.1; // radians: eyes rest on the pieces, not on the ceiling
const STEEPEST = 1.25; // radians up or down

/** Physical keys, so that ZQSD works where it stands. @type {Record<string, [number, number]>} */
const KEYS = {
  KeyW: [0, -1],
  ArrowUp: [0, -1],
  KeyS: [0, 1],
  ArrowDown: [0, 1],
  KeyA: [-1, 0],
  KeyD: [1, 0],
};
/** @type {Record<string, number>} */
const TURNS = { ArrowLeft: 1, ArrowRight: -1, KeyQ: 1, KeyE: -1 };

/**
 * @typedef {object} Wishes what the room wants to hear from a pointer
 * @property {(ray: Raycaster) => void} tap @property {(ray: Raycaster | null) => void} hover
 */

export class Controls {
  enabled = false;
  spot = { x: 0, z: 0 };
  pointer = new Vector2(0, 0); // normalized device coordinates
  #keys = new Set();
  /** @type {Spot[]} */ #way = [];
  #ray = new Raycaster();
  #look = new Euler(0, 0, 0, 'YXZ');
  #down = { id: -1, x: 0, y: 0, at: 0, moved: 0 };
  #hoverDue = false;
  #listeners = new Listeners();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./showroom.js').Showroom} room
   * @param {Wishes} wishes
   */
  constructor(stage, room, wishes) {
    this.stage = stage;
    this.room = room;
    this.wishes = wishes;
    const { canvas } = stage;
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#drag(event));
    canvas.addEventListener('pointerup', (event) => this.#lift(event));
    canvas.addEventListener('pointercancel', () => this.#forget());
    canvas.addEventListener('pointerleave', () => wishes.hover(null));
    window.addEventListener('keydown', (event) => this.#key(event, true));
    window.addEventListener('keyup', (event) => this.#key(event, false));
    window.addEventListener('blur', () => this.#keys.clear());
    stage.parts.push(this);
  }

  /** @param {Spot} spot @param {number} yaw radians */
  stand(spot, yaw) {
    const free = isFree(spot.x, spot.z, this.room.floor, this.room.obstacles);
    const near = free
      ? spot
      : nearestFree({ x: 0, z: 0 }, spot, this.room.floor, this.room.obstacles);
    this.spot.x = near.x;
    this.spot.z = near.z;
    this.stage.rig.position.set(near.x, 0, near.z);
    this.stage.rig.rotation.y = 0;
    this.#look.set(RESTING_PITCH, yaw, 0);
    this.stage.camera.quaternion.setFromEuler(this.#look);
    this.stage.wake();
  }

  /** @returns {boolean} on the way somewhere, or turning, by keys or by a tap */
  get walking() {
    const steering = [...this.#keys].some((key) => key in KEYS || key in TURNS);
    return steering || this.#way.length > 0;
  }

  /** @returns {number} where one looks, radians around +Y */
  get yaw() {
    return this.#look.y;
  }

  /** Told when the visitor walks by own will: keys, stick, a tap. @param {'steered'} topic @param {() => void} listener */
  on(topic, listener) {
    this.#listeners.on(topic, listener);
  }

  /** The visitor wants to be there. @param {Spot} wish on the floor */
  stroll(wish) {
    this.#listeners.tell('steered');
    this.walkTo(wish);
  }

  /** @param {Spot} wish on the floor */
  walkTo(wish) {
    this.#way = route(this.spot, wish, this.room.floor, this.room.obstacles);
    this.stage.wake();
  }

  /** Before a headset takes over, the rig carries the direction that the camera had. */
  enterHeadset() {
    this.stage.rig.rotation.y = this.#look.y;
    this.#way = [];
  }

  leaveHeadset() {
    const yaw = this.stage.rig.rotation.y;
    this.stage.camera.position.set(0, 1.62, 0);
    this.stand(this.spot, yaw);
  }

  /** A thumbstick's step. @param {number} dx metres @param {number} dz metres */
  glide(dx, dz) {
    this.#listeners.tell('steered');
    if (step(this.spot, dx, dz, this.room.floor, this.room.obstacles)) {
      this.stage.rig.position.set(this.spot.x, 0, this.spot.z);
    }
  }

  /** @returns {Raycaster} from the eye through the pointer */
  rayAtPointer() {
    this.#ray.setFromCamera(this.pointer, this.stage.camera);
    return this.#ray;
  }

  /** @param {number} seconds */
  update(seconds) {
    if (this.stage.renderer.xr.isPresenting) return;
    if (this.enabled) this.#walk(seconds);
    if (this.#hoverDue) {
      this.#hoverDue = false;
      this.wishes.hover(this.rayAtPointer());
    }
  }

  /** @param {number} seconds */
  #walk(seconds) {
    let x = 0;
    let z = 0;
    let turn = 0;
    for (const key of this.#keys) {
      x += KEYS[key]?.[0] ?? 0;
      z += KEYS[key]?.[1] ?? 0;
      turn += TURNS[key] ?? 0;
    }
    if (turn) this.#turnBy(turn * 1.8 * seconds, 0);
    const length = Math.hypot(x, z);
    if (length > 0) {
      const pace = ((this.#keys.has('ShiftLeft') ? HURRY : WALK) * seconds) / length;
      const sin = Math.sin(this.#look.y);
      const cos = Math.cos(this.#look.y);
      this.#move((x * cos + z * sin) * pace, (z * cos - x * sin) * pace);
    } else if (this.#way.length > 0) this.#follow(seconds);
  }

  /** @param {number} seconds */
  #follow(seconds) {
    const [next] = this.#way;
    const dx = next.x - this.spot.x;
    const dz = next.z - this.spot.z;
    const distance = Math.hypot(dx, dz);
    const pace = Math.min(distance, WALK * 1.25 * seconds);
    if (distance < 0.03 || !this.#move((dx / distance) * pace, (dz / distance) * pace)) {
      this.#way.shift();
      this.stage.wake();
    }
  }

  /** @param {number} dx @param {number} dz */
  #move(dx, dz) {
    const moved = step(this.spot, dx, dz, this.room.floor, this.room.obstacles);
    this.stage.rig.position.set(this.spot.x, 0, this.spot.z);
    this.stage.wake();
    return moved;
  }

  /** @param {number} yaw @param {number} pitch radians */
  #turnBy(yaw, pitch) {
    this.#look.y += yaw;
    this.#look.x = Math.max(-STEEPEST, Math.min(STEEPEST, this.#look.x + pitch));
    this.stage.camera.quaternion.setFromEuler(this.#look);
    this.stage.wake();
  }

  /** @param {PointerEvent} event */
  #aim(event) {
    const box = this.stage.canvas.getBoundingClientRect();
    this.pointer.x = ((event.clientX - box.left) / box.width) * 2 - 1;
    this.pointer.y = 1 - ((event.clientY - box.top) / box.height) * 2;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    this.#aim(event);
    if (!this.enabled || this.#down.id >= 0) return;
    this.#down = {
      id: event.pointerId,
      x: event.clientX,
      y: event.clientY,
      at: event.timeStamp,
      moved: 0,
    };
    this.stage.canvas.setPointerCapture(event.pointerId);
    const focused = document.activeElement;
    if (focused instanceof HTMLElement) focused.blur(); // the keys walk again
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    this.#aim(event);
    if (event.pointerId !== this.#down.id) {
      this.#hoverDue = this.enabled && event.pointerType === 'mouse';
      if (this.#hoverDue) this.stage.wake();
      return;
    }
    const dx = event.clientX - this.#down.x;
    const dy = event.clientY - this.#down.y;
    this.#down.moved += Math.abs(dx) + Math.abs(dy);
    this.#down.x = event.clientX;
    this.#down.y = event.clientY;
    if (this.#down.moved > TAP_PIXELS) this.#turnBy(dx * LOOK, dy * LOOK);
  }

  /** @param {PointerEvent} event */
  #lift(event) {
    if (event.pointerId !== this.#down.id) return;
    const tapped = this.#down.moved <= TAP_PIXELS && event.timeStamp - this.#down.at < TAP_MS;
    this.#forget();
    this.#aim(event);
    if (tapped) this.wishes.tap(this.rayAtPointer());
  }

  #forget() {
    this.#down.id = -1;
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  #key(event, down) {
    if (!down) {
      this.#keys.delete(event.code);
      return;
    }
    const target = /** @type {HTMLElement} */ (event.target);
    if (!this.enabled || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest?.('input, textarea, select, [role=dialog]')) return;
    if (!(event.code in KEYS) && !(event.code in TURNS) && event.code !== 'ShiftLeft') return;
    this.#keys.add(event.code);
    this.#way = [];
    if (event.code in KEYS) this.#listeners.tell('steered');
    this.stage.wake();
    if (event.code.startsWith('Arrow')) event.preventDefault();
  }
}
