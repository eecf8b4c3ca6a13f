// A piece between two hands: carried, turned and scaled by what lies between them.

import { Quaternion, Vector3 } from 'three';

const UP = new Vector3(0, 1, 0);
const CLOSEST = 0.05; // metres: hands that touch would divide by nothing

/** @typedef {import('./hold.js').Hand} Hand */

export class Grasp {
  /** @type {Hand[]} */ #hands = [];
  #left = new Vector3();
  #right = new Vector3();
  #middle = new Vector3();
  #away = new Vector3(); // from the middle of the hands to the piece, as it began
  #from = new Quaternion();
  #turn = new Quaternion();
  #span = 1;
  #angle = 0;
  #scale = 1;

  /**
   * @param {Hand} one @param {Hand} other both with `at`
   * @param {Vector3} position @param {Quaternion} rotation @param {number} scale of the piece now
   */
  begin(one, other, position, rotation, scale) {
    this.#hands = [one, other];
    this.#look();
    this.#span = this.#distance();
    this.#angle = this.#heading();
    this.#away.subVectors(position, this.#middle);
    this.#from.copy(rotation);
    this.#scale = scale;
  }

  /**
   * @param {Vector3} position @param {Quaternion} rotation of the piece, to be set
   * @param {readonly [number, number]} limits smallest and largest scale
   * @returns {number} its scale
   */
  read(position, rotation, limits) {
    this.#look();
    const wanted = (this.#scale * this.#distance()) / this.#span;
    const scale = Math.min(limits[1], Math.max(limits[0], wanted));
    this.#turn.setFromAxisAngle(UP, this.#heading() - this.#angle);
    position.copy(this.#away).multiplyScalar(scale / this.#scale);
    position.applyQuaternion(this.#turn).add(this.#middle);
    rotation.copy(this.#turn).multiply(this.#from);
    return scale;
  }

  #look() {
    const [one, other] = this.#hands;
    one.at?.(this.#left);
    other.at?.(this.#right);
    this.#middle.addVectors(this.#left, this.#right).multiplyScalar(0.5);
  }

  #distance() {
    return Math.max(CLOSEST, this.#left.distanceTo(this.#right));
  }

  /** Where the line from one hand to the other heads, radians about the vertical. */
  #heading() {
    return Math.atan2(this.#left.z - this.#right.z, this.#right.x - this.#left.x);
  }
}
