// Which piece is meant: by a ray, or by a hand that reaches into it; and the ring that says so.

import { Group, Mesh, MeshBasicMaterial, RingGeometry, Vector3 } from 'three';

/** @typedef {import('./piece.js').Piece} Piece */

const PICK_LAYER = 1; // seen by rays, not by the camera
const HAND_SIZED = 0.6; // metres, the longest side of what one takes by reaching into it
const MARGIN = 0.04; // metres: a vase should not be hard to hit

export class Targets {
  root = new Group();
  #point = new Vector3();

  /** @param {Piece} piece */
  add(piece) {
    piece.target.layers.set(PICK_LAYER);
    this.root.add(piece.target);
    this.fit(piece);
  }

  /** As the piece is drawn now. @param {Piece} piece */
  fit({ box, group, target }) {
    box.getSize(target.scale).multiply(group.scale).addScalar(MARGIN);
    box.getCenter(target.position);
    group.updateMatrixWorld();
    target.position.applyMatrix4(group.matrixWorld);
    target.quaternion.copy(group.quaternion);
    target.updateMatrixWorld();
  }

  /** @param {import('three').Raycaster} ray @returns {string | null} id of the nearest piece */
  pick(ray) {
    ray.layers.set(PICK_LAYER);
    const hit = ray.intersectObject(this.root, true)[0];
    ray.layers.set(0);
    return hit ? hit.object.name : null;
  }

  /**
   * What a hand reaches into. Of large pieces only one's own: over a seat a hand is inside the
   * chair's box, and means what it points at.
   *
   * @param {Vector3} at room space @param {string | null} mine id of what one holds
   * @returns {string | null} id of the smallest
   */
  touched(at, mine) {
    let found = null;
    let least = Number.POSITIVE_INFINITY;
    for (const target of this.root.children) {
      const size = Math.max(target.scale.x, target.scale.y, target.scale.z);
      const means = target.name === mine || (target.userData.grab && size < HAND_SIZED);
      if (!means || size >= least) continue;
      const { x, y, z } = target.worldToLocal(this.#point.copy(at)); // its box is 1 wide there
      if (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) > 0.5) continue;
      least = size;
      found = target.name;
    }
    return found;
  }
}

/** On the ground around the piece that is meant. */
export class Ring {
  mesh = new Mesh(
    new RingGeometry(0.93, 1, 64).rotateX(-Math.PI / 2),
    new MeshBasicMaterial({
      color: '#b5482c',
      transparent: true,
      opacity: 0.85,
      depthWrite: false,
      toneMapped: false,
    }),
  );

  constructor() {
    this.mesh.visible = false;
  }

  /** @param {Piece | null | undefined} piece */
  show(piece) {
    this.mesh.visible = Boolean(piece);
    if (!piece) return;
    const { min, max } = piece.box;
    const { x: scale } = piece.group.scale;
    const radius = 0.04 + Math.max(max.x - min.x, max.z - min.z) * 0.58 * scale;
    this.mesh.scale.setScalar(radius);
    this.mesh.position.copy(piece.group.position);
    this.mesh.position.y += min.y * scale + 0.006;
  }
}
