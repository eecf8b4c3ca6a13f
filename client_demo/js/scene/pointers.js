// Pointing hands: a ray in its person's colour, and a bright spot where it ends.

import {
  Color,
  CylinderGeometry,
  Group,
  Mesh,
  MeshBasicMaterial,
  SphereGeometry,
  Vector3,
} from 'three';

const UP = new Vector3(0, 1, 0);
const CHEST = 0.32; // metres below the eyes: where the ray of somebody without hands begins
const SPOT = 0.028; // metres
const OWN = '#b5482c';

/**
 * @typedef {object} Beam
 * @property {Group} root @property {Mesh} ray @property {Mesh} spot @property {Vector3} seen
 */

export class Pointers {
  /** @type {Map<string, Beam>} by avatar */ beams = new Map();
  #root = new Group();
  #from = new Vector3();
  #to = new Vector3();
  #way = new Vector3();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./avatars.js').Avatars} avatars
   * @param {import('./products.js').Products} products
   * @param {import('../display.js').Display} display @param {import('../world.js').World} world
   */
  constructor(stage, avatars, products, display, world) {
    this.stage = stage;
    this.avatars = avatars;
    this.products = products;
    this.display = display;
    this.world = world;
    stage.scene.add(this.#root);
    stage.parts.push(this);
  }

  /** Follows who points. */
  sync() {
    for (const [id, beam] of this.beams) {
      if (this.display.pointing.has(id)) continue;
      beam.root.removeFromParent();
      dispose(beam);
      this.beams.delete(id);
    }
    for (const id of this.display.pointing.keys()) {
      if (!this.beams.has(id)) this.beams.set(id, this.#make(id));
    }
    this.stage.wake(200);
  }

  update() {
    for (const [id, beam] of this.beams) {
      const pointing = this.display.pointing.get(id);
      if (!pointing || !this.#end(pointing)) {
        beam.root.visible = false;
        continue;
      }
      const begins = this.#begin(id, pointing.hand);
      beam.root.visible = begins || id === this.world.me;
      beam.spot.position.copy(this.#to);
      beam.ray.visible = begins;
      if (begins) this.#stretch(beam.ray);
      if (beam.seen.distanceToSquared(this.#to) > 1e-8) this.stage.wake();
      beam.seen.copy(this.#to);
    }
  }

  /** @param {Mesh} ray */
  #stretch(ray) {
    this.#way.subVectors(this.#to, this.#from);
    const length = this.#way.length();
    ray.position.addVectors(this.#from, this.#to).multiplyScalar(0.5);
    ray.quaternion.setFromUnitVectors(UP, this.#way.divideScalar(length || 1));
    ray.scale.set(1, length, 1);
  }

  /** @param {import('../display.js').Pointing} pointing @returns {boolean} whether it is to be seen */
  #end({ object, position }) {
    if (object) return Boolean(this.products.middle(object, this.#to));
    if (position) this.#to.fromArray(position);
    return Boolean(position);
  }

  /** @param {string} id @param {string} hand @returns {boolean} false for oneself, and who is not seen */
  #begin(id, hand) {
    const figure = this.avatars.people.get(id)?.figure;
    if (!figure?.root.visible || !this.avatars.headOf(id, this.#from)) return false;
    const own = hand === 'left' ? figure.left : figure.right;
    if (hand !== 'pointer' && own.visible) this.#from.copy(own.position);
    else this.#from.y -= CHEST;
    return true;
  }

  /** @param {string} id @returns {Beam} */
  #make(id) {
    const color = new Color(this.world.avatars.get(id)?.color ?? this.world.you?.color ?? OWN);
    const look = { color, transparent: true, depthWrite: false, toneMapped: false };
    const ray = new Mesh(
      new CylinderGeometry(0.004, 0.009, 1, 8, 1, true),
      new MeshBasicMaterial({ ...look, opacity: 0.7 }),
    );
    const spot = new Mesh(
      new SphereGeometry(SPOT, 16, 12),
      // Seen through what it lies in: the middle of a piece is inside it.
      new MeshBasicMaterial({ ...look, opacity: 0.9, depthTest: false }),
    );
    spot.renderOrder = 9;
    const root = new Group();
    root.add(ray, spot);
    root.visible = false;
    this.#root.add(root);
    return { root, ray, spot, seen: new Vector3() };
  }
}

/** @param {Beam} beam */
function dispose({ ray, spot }) {
  for (const { geometry, material } of [ray, spot]) {
    geometry.dispose();
    /** @type {MeshBasicMaterial} */ (material).dispose();
  }
}
