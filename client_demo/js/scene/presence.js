// Telling the others where one is: the own head and hands as bytes, when they moved.

import { Quaternion, Vector3 } from 'three';
import { Deadband } from '../deadband.js';
import { createPose, encodePose, FULL_BYTES, LEFT, RIGHT } from '../pose.js';

const SEND_HZ = 20;

export class Presence {
  pose = createPose();
  /** @type {import('../pose.js').Bounds | null} */ bounds = null;
  #bytes = new Uint8Array(FULL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  /** Poses a second, at most; the room may ask for fewer. */
  hz = SEND_HZ;
  #deadband = new Deadband();
  #lastAt = 0;
  #position = new Vector3();
  #turn = new Quaternion();
  #scale = new Vector3();

  /**
   * @param {import('./stage.js').Stage} stage
   * @param {(bytes: Uint8Array) => void} send
   */
  constructor(stage, send) {
    this.stage = stage;
    this.send = send;
    stage.parts.push(this);
  }

  /** After coming in, the next pose goes out even when nobody moved. */
  again() {
    this.#deadband.forget();
  }

  /** @param {number} _seconds @param {number} now ms @param {XRFrame} [frame] */
  update(_seconds, now, frame) {
    if (!this.bounds || now - this.#lastAt < 1000 / this.hz) return;
    this.#read(frame);
    this.pose.t = performance.now() & 0xffff;
    const length = encodePose(this.pose, this.bounds, this.#view);
    if (!this.#deadband.moved(this.#view, length, this.bounds, now)) return;
    this.#lastAt = now;
    this.send(this.#bytes.slice(0, length)); // the socket keeps what it is given
  }

  /** @param {XRFrame} [frame] */
  #read(frame) {
    const { camera, renderer } = this.stage;
    const space = renderer.xr.getReferenceSpace();
    const viewer = frame && space ? frame.getViewerPose(space) : null;
    if (viewer) this.#fromRig(viewer.transform);
    else {
      this.#position.setFromMatrixPosition(camera.matrixWorld);
      camera.getWorldQuaternion(this.#turn);
    }
    this.#position.toArray(this.pose.head);
    this.#turn.toArray(this.pose.turn);
    this.pose.flags = 0;
    if (viewer) this.#hands();
  }

  /** @param {XRRigidTransform} transform in the rig */
  #fromRig({ position, orientation }) {
    const { rig } = this.stage;
    rig.localToWorld(this.#position.set(position.x, position.y, position.z));
    this.#turn.set(orientation.x, orientation.y, orientation.z, orientation.w);
    this.#turn.premultiply(rig.quaternion);
  }

  #hands() {
    for (let i = 0; i < 2; i++) {
      const grip = this.stage.renderer.xr.getControllerGrip(i);
      const side = grip.userData.handedness;
      if (!grip.visible || !side) continue;
      grip.matrixWorld.decompose(this.#position, this.#turn, this.#scale);
      const offset = side === 'left' ? this.pose.left : this.pose.right;
      offset[0] = this.#position.x - this.pose.head[0];
      offset[1] = this.#position.y - this.pose.head[1];
      offset[2] = this.#position.z - this.pose.head[2];
      this.#turn.toArray(side === 'left' ? this.pose.leftTurn : this.pose.rightTurn);
      this.pose.flags |= side === 'left' ? LEFT : RIGHT;
    }
  }
}
