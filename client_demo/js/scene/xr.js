// In the headset: rays to choose, squeeze to hold, stick to walk, and turns in steps.

import {
  BufferGeometry,
  CapsuleGeometry,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshStandardMaterial,
  Quaternion,
  Raycaster,
  Vector3,
} from 'three';

const WALK = 1.6; // metres per second: calmer than on a screen, for the stomach's sake
const SNAP = Math.PI / 6;
const DEAD = 0.2; // of the stick's way that counts as rest
const FACE_BUTTON = 4; // of the xr-standard gamepad mapping: A or X
const CARRY = 0.32; // metres before the hand

/**
 * @typedef {object} Acts
 * @property {(ray: Raycaster) => void} choose
 * @property {(ray: Raycaster, hand: import('./hold.js').Hand) => void} squeeze
 * @property {(hand: import('./hold.js').Hand) => void} letGo @property {(on: boolean) => void} presenting
 * @property {(ray: Raycaster) => void} hover
 * @property {(ray: Raycaster | null, hand: 'left' | 'right') => void} [point] in each frame; null
 *   while the button is not pressed
 */

export class Headset {
  #ray = new Raycaster();
  #snapped = false;
  #direction = new Vector3();
  #side = new Vector3();
  #turn = new Quaternion();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./controls.js').Controls} controls
   * @param {Acts} acts
   */
  constructor(stage, controls, acts) {
    this.stage = stage;
    this.controls = controls;
    this.acts = acts;
    for (let i = 0; i < 2; i++) this.#controller(i);
    stage.renderer.xr.addEventListener('sessionend', () => this.#left());
    stage.parts.push(this);
  }

  /** @returns {Promise<boolean>} whether there is a headset to enter */
  static async isThere() {
    try {
      return (await navigator.xr?.isSessionSupported('immersive-vr')) ?? false;
    } catch {
      return false; // forbidden by a permissions policy: as good as none
    }
  }

  /** Throws what the browser says when it refuses. */
  async enter() {
    const features = { optionalFeatures: ['local-floor', 'bounded-floor', 'hand-tracking'] };
    const session = await /** @type {XRSystem} */ (navigator.xr).requestSession(
      'immersive-vr',
      features,
    );
    this.controls.enterHeadset();
    await this.stage.renderer.xr.setSession(session);
    this.acts.presenting(true);
  }

  async leave() {
    await this.stage.renderer.xr.getSession()?.end();
  }

  /** @param {number} seconds */
  update(seconds) {
    const session = this.stage.renderer.xr.getSession();
    if (!session) return;
    for (const source of session.inputSources) this.#steer(source, seconds);
    const aim = this.stage.renderer.xr.getController(0);
    if (aim.visible) this.acts.hover(this.#from(aim));
    for (let i = 0; i < 2; i++) this.#point(this.stage.renderer.xr.getController(i));
  }

  /** The first face button (A or X) points. @param {any} aim */
  #point(aim) {
    const { source } = aim.userData;
    if (!source?.gamepad || !this.acts.point) return;
    const pressed = source.gamepad.buttons[FACE_BUTTON]?.pressed ?? false;
    this.acts.point(pressed ? this.#from(aim) : null, source.handedness);
  }

  #left() {
    this.controls.leaveHeadset();
    this.acts.presenting(false);
    this.stage.resize();
  }

  /** @param {XRInputSource} source @param {number} seconds */
  #steer({ gamepad, handedness }, seconds) {
    if (!gamepad) return;
    const x = gamepad.axes[2] ?? gamepad.axes[0] ?? 0;
    const y = gamepad.axes[3] ?? gamepad.axes[1] ?? 0;
    if (handedness === 'right') this.#snap(x);
    else if (Math.hypot(x, y) > DEAD) this.#walk(x, y, seconds);
  }

  /** @param {number} x */
  #snap(x) {
    if (Math.abs(x) < 0.5) {
      this.#snapped = false;
      return;
    }
    if (this.#snapped) return;
    this.#snapped = true;
    this.stage.rig.rotation.y -= Math.sign(x) * SNAP;
  }

  /** @param {number} x @param {number} y @param {number} seconds */
  #walk(x, y, seconds) {
    // getWorldDirection would forget the rig: the headset's camera has no parent.
    const view = this.stage.renderer.xr.getCamera().matrixWorld;
    this.#direction.setFromMatrixColumn(view, 2).negate().setY(0).normalize();
    this.#side.set(-this.#direction.z, 0, this.#direction.x);
    const pace = WALK * seconds;
    this.controls.glide(
      (this.#side.x * x - this.#direction.x * y) * pace,
      (this.#side.z * x - this.#direction.z * y) * pace,
    );
  }

  /** @param {number} index */
  #controller(index) {
    const { xr } = this.stage.renderer;
    const aim = xr.getController(index);
    const grip = xr.getControllerGrip(index);
    aim.add(makeRay());
    grip.add(makeHand());
    for (const one of /** @type {any[]} */ ([aim, grip])) {
      one.addEventListener('connected', (/** @type {any} */ event) => {
        one.userData.handedness = event.data.handedness;
        one.userData.source = event.data;
      });
      one.addEventListener('disconnected', () => {
        one.userData.handedness = null;
        one.userData.source = null;
      });
    }
    aim.addEventListener('select', () => this.acts.choose(this.#from(aim)));
    const hand = this.#hand(aim, grip);
    aim.addEventListener('squeezestart', () => this.acts.squeeze(this.#from(aim), hand));
    aim.addEventListener('squeezeend', () => this.acts.letGo(hand));
    this.stage.rig.add(aim, grip);
  }

  /** @param {import('three').Object3D} aim */
  #from(aim) {
    aim.matrixWorld.decompose(this.#ray.ray.origin, this.#turn, this.#side);
    this.#ray.ray.direction.set(0, 0, -1).applyQuaternion(this.#turn);
    this.#ray.camera = this.stage.camera;
    return this.#ray;
  }

  /**
   * It carries where it points: a grip's own axis leans 45° up from there on common controllers,
   * and would take a piece out of the ray that chose it.
   *
   * @param {import('three').Object3D} aim @param {import('three').Object3D} grip
   * @returns {import('./hold.js').Hand}
   */
  #hand(aim, grip) {
    const direction = new Vector3();
    return {
      get name() {
        return grip.userData.handedness === 'left' ? 'left' : 'right';
      },
      at: (out) => grip.getWorldPosition(out),
      position: (out) =>
        grip.getWorldPosition(out).addScaledVector(aim.getWorldDirection(direction), -CARRY),
      yaw: () => {
        aim.getWorldDirection(direction);
        return Math.atan2(direction.x, direction.z);
      },
    };
  }
}

function makeRay() {
  const geometry = new BufferGeometry().setFromPoints([
    new Vector3(0, 0, -0.04),
    new Vector3(0, 0, -3),
  ]);
  return new Line(
    geometry,
    new LineBasicMaterial({ color: '#b5482c', transparent: true, opacity: 0.6 }),
  );
}

function makeHand() {
  const geometry = new CapsuleGeometry(0.03, 0.05, 6, 14).rotateX(Math.PI / 2);
  return new Mesh(geometry, new MeshStandardMaterial({ color: '#f4e9dc', roughness: 0.6 }));
}
