// Pictures of the pieces for panels and lines, in their finish: the poster that came with the model,
// or one rendered from the model itself.

import {
  Box3,
  Color,
  DirectionalLight,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  Vector3,
} from 'three';
import { materialVariant, posterOf } from '../files.js';
import { applyVariant } from './variants.js';

const PAPER = '#efe7da';
const SIDE = 420; // pixels

/** Borrows a corner of the stage's own canvas: a second context would load everything twice. */
export class Portraits {
  #scene = new Scene();
  #camera = new PerspectiveCamera(26, 1, 0.01, 50);
  /** @type {Map<string, Promise<string | null>>} */ #taken = new Map();
  #canvas = document.createElement('canvas');

  /** @param {import('./stage.js').Stage} stage @param {import('./products.js').Products} products */
  constructor(stage, products) {
    this.stage = stage;
    this.products = products;
    this.#scene.background = new Color(PAPER);
    this.#scene.environment = stage.scene.environment;
    this.#scene.environmentIntensity = 0.9;
    const key = new DirectionalLight('#fff4e4', 2.2);
    key.position.set(2, 3, 3);
    this.#scene.add(key);
    if (stage.surfaces.plain) this.#scene.add(new HemisphereLight('#fffaf2', '#d8c8b2', 2));
    this.#canvas.width = SIDE;
    this.#canvas.height = SIDE;
  }

  /**
   * @param {string} sku @param {string | null} variant
   * @returns {Promise<import('../files.js').Picture | null>} null while there is no model
   */
  async of(sku, variant) {
    const piece = [...this.products.pieces.values()].find((one) => one.product?.sku === sku);
    const poster = posterOf(piece?.product, variant);
    if (poster) return poster;
    if (!piece?.gltf || this.stage.renderer.xr.isPresenting) return null;
    const key = `${sku} ${variant} ${piece.gltf.scene.uuid}`;
    let picture = this.#taken.get(key);
    if (!picture) {
      picture = this.#take(piece.gltf, piece.product, variant);
      this.#taken.set(key, picture);
      picture.then((address) => address ?? this.#taken.delete(key));
    }
    const src = await picture;
    return src ? { src, width: SIDE, height: SIDE } : null;
  }

  /** @param {import('./models.js').GLTF} gltf @param {any} product @param {string | null} variant */
  async #take(gltf, product, variant) {
    const model = gltf.scene.clone(true);
    await applyVariant(model, gltf, materialVariant(product, variant));
    this.stage.surfaces.dress(model);
    this.#aim(model);
    this.#scene.add(model);
    const drawn = this.#draw();
    this.#scene.remove(model);
    if (!drawn) return null;
    const blob = await new Promise((done) => this.#canvas.toBlob(done, 'image/webp', 0.9));
    return blob ? URL.createObjectURL(/** @type {Blob} */ (blob)) : null;
  }

  /** @param {import('three').Object3D} model */
  #aim(model) {
    const box = new Box3().setFromObject(model);
    const middle = box.getCenter(new Vector3());
    const radius = box.getSize(new Vector3()).length() / 2;
    const distance = (radius / Math.sin((26 / 2) * (Math.PI / 180))) * 1.06;
    this.#camera.position.set(0.55, 0.38, 1).normalize().multiplyScalar(distance).add(middle);
    this.#camera.lookAt(middle);
    this.#camera.near = distance / 50;
    this.#camera.far = distance * 4;
    this.#camera.updateProjectionMatrix();
  }

  /** The frame after this one covers the traces; both come before the screen is shown. */
  #draw() {
    const { renderer, scene, camera, canvas } = this.stage;
    const shorter = Math.min(canvas.clientWidth, canvas.clientHeight);
    if (shorter < 32) return false;
    const ratio = renderer.getPixelRatio();
    const side = 2 * SIDE; // drawn at twice the size, so that edges are smooth
    renderer.setPixelRatio(Math.max(ratio, side / shorter));
    const own = side / renderer.getPixelRatio();
    renderer.setViewport(0, 0, own, own);
    renderer.setScissor(0, 0, own, own);
    renderer.setScissorTest(true);
    renderer.render(this.#scene, this.#camera);
    const { domElement } = renderer;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    context.imageSmoothingQuality = 'high';
    context.drawImage(domElement, 0, domElement.height - side, side, side, 0, 0, SIDE, SIDE);
    renderer.setScissorTest(false);
    renderer.setPixelRatio(ratio); // sets the viewport, too
    renderer.render(scene, camera);
    return true;
  }
}
