// Spots of a piece that have something to say: a small mark, and a label when one is open.

import { CanvasTexture, Group, Sprite, SpriteMaterial, SRGBColorSpace, Vector3 } from 'three';
import { disposeLabel, makeTag } from './text.js';

const NEAR = 2.6; // metres from the eye to the piece: farther away marks would only be litter
const MARK = 0.042; // metres, of a piece an arm's length away
const ARM = 0.9; // metres: farther away marks and labels grow, though less than the distance does
const HIT = 0.05; // metres beside its middle that still count
const LABEL = { ink: '#2a231d', paper: '#fffdf9f2', height: 0.042, maxLetters: 30 };

/**
 * @typedef {object} Mark
 * @property {string} object @property {import('./products.js').Hotspot} hotspot
 * @property {Sprite} sprite @property {Sprite | null} label
 */

export class Hotspots {
  /** @type {Mark[]} */ marks = [];
  #root = new Group();
  #eye = new Vector3();
  #material = markMaterial();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./products.js').Products} products
   * @param {import('../visit.js').Visit} visit
   */
  constructor(stage, products, visit) {
    this.stage = stage;
    this.products = products;
    this.visit = visit;
    stage.scene.add(this.#root);
    stage.parts.push(this);
    visit.on('words', () => this.sync());
    products.on('moved', (id) => this.#place(id));
  }

  /** Follows what is open; the first time it makes the marks. */
  sync() {
    if (this.marks.length === 0) this.#make();
    for (const mark of this.marks) {
      if (mark.label) disposeLabel(mark.label);
      mark.label = null;
      if (this.#isOpen(mark)) this.#label(mark);
    }
    this.stage.wake(100);
  }

  /** @param {import('three').Raycaster} ray @returns {Mark | null} the nearest that one sees */
  pick({ ray }) {
    let found = null;
    let nearest = Number.POSITIVE_INFINITY;
    for (const mark of this.marks) {
      const { position, visible } = mark.sprite;
      const away = ray.origin.distanceTo(position);
      if (!visible || away >= nearest || ray.distanceToPoint(position) > HIT) continue;
      nearest = away;
      found = mark;
    }
    return found;
  }

  update() {
    if (this.marks.length === 0) return;
    const { xr } = this.stage.renderer;
    const camera = xr.isPresenting ? xr.getCamera() : this.stage.camera;
    this.#eye.setFromMatrixPosition(camera.matrixWorld);
    for (const mark of this.marks) {
      const piece = this.products.pieces.get(mark.object);
      const near = mark.sprite.position.distanceTo(this.#eye) < NEAR && !piece?.thing.held_by;
      const visible = this.#isOpen(mark) || near;
      if (visible) this.#size(mark);
      if (visible === mark.sprite.visible) continue;
      mark.sprite.visible = visible;
      this.stage.wake();
    }
  }

  /** To be read from afar, and not to fill the view from near. @param {Mark} mark */
  #size({ sprite, label }) {
    const size = Math.max(0.4, sprite.position.distanceTo(this.#eye) / ARM) ** 0.75;
    sprite.scale.setScalar(MARK * size);
    if (!label) return;
    label.scale.copy(label.userData.size).multiplyScalar(size);
    label.position.copy(sprite.position).setY(sprite.position.y + MARK * 0.75 * size);
  }

  /** @param {Mark} mark */
  #isOpen({ object, hotspot }) {
    return this.products.pieces.get(object)?.thing.hotspot === hotspot.id;
  }

  #make() {
    for (const [object, piece] of this.products.pieces) {
      for (const hotspot of piece.hotspots) {
        const sprite = new Sprite(this.#material);
        sprite.scale.setScalar(MARK);
        sprite.renderOrder = 8;
        sprite.visible = false;
        this.#root.add(sprite);
        this.marks.push({ object, hotspot, sprite, label: null });
      }
      this.#place(object);
    }
  }

  /** @param {Mark} mark */
  #label(mark) {
    mark.label = makeTag(this.visit.words.pick(mark.hotspot.text), LABEL);
    mark.label.material.depthTest = false;
    mark.label.renderOrder = 11;
    mark.label.userData.size = mark.label.scale.clone();
    this.#root.add(mark.label);
  }

  /** @param {string} object */
  #place(object) {
    const piece = this.products.pieces.get(object);
    if (!piece || piece.hotspots.length === 0) return;
    piece.group.updateMatrixWorld();
    for (const mark of this.marks) {
      if (mark.object !== object) continue;
      piece.group.localToWorld(mark.sprite.position.fromArray(mark.hotspot.position));
    }
  }
}

/** White, with a rim that reads on every finish. */
function markMaterial() {
  const canvas = document.createElement('canvas');
  canvas.width = 96;
  canvas.height = 96;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  disc(context, 46, 'rgba(42,35,29,0.22)');
  disc(context, 36, '#fffdf9');
  disc(context, 15, '#b5482c');
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  return new SpriteMaterial({ map, transparent: true, depthTest: false, toneMapped: false });
}

/** @param {CanvasRenderingContext2D} context @param {number} radius @param {string} color */
function disc(context, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(48, 48, radius, 0, Math.PI * 2);
  context.fill();
}
