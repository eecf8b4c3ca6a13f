// From afar a coarser model does: who has several levels shows the one that its size asks for.

import { Vector3 } from 'three';
import { chooseLevel } from '../files.js';

/** @typedef {import('./products.js').Piece} Piece */

const EVERY_MS = 250; // nobody walks through a border much faster

export class Levels {
  #next = 0;
  #eye = new Vector3();
  #middle = new Vector3();
  #size = new Vector3();

  /** @param {import('./stage.js').Stage} stage @param {import('./products.js').Products} products */
  constructor(stage, products) {
    this.stage = stage;
    this.products = products;
    stage.parts.push(this);
  }

  /** @param {number} _seconds @param {number} now ms */
  update(_seconds, now) {
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    this.stage.camera.getWorldPosition(this.#eye);
    for (const piece of this.products.pieces.values()) {
      if (piece.levels.length < 2) continue;
      this.products.wear(piece, chooseLevel(piece.levels, this.#share(piece), piece.level));
    }
  }

  /** @param {Piece} piece @returns {number} of the view's height that it takes */
  #share(piece) {
    const height = piece.box.getSize(this.#size).length();
    const middle = piece.group.localToWorld(piece.box.getCenter(this.#middle));
    const { renderer, camera } = this.stage;
    const seen = renderer.xr.isPresenting ? (renderer.xr.getCamera().cameras[0] ?? camera) : camera;
    const scale = seen.projectionMatrix.elements[5]; // 1 / tan(half the angle)
    return (height * scale) / (2 * Math.max(0.05, middle.distanceTo(this.#eye)));
  }
}
