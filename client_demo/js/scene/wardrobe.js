// What the pieces wear: the model for this device, its level of detail, the chosen finish.

import { chooseFiles, chooseLevels, materialVariant } from '../files.js';
import { keepPreview } from './showroom.js';
import { applyVariant } from './variants.js';

/** @typedef {import('./piece.js').Piece} Piece */
/** @typedef {import('./models.js').GLTF} GLTF */

export class Wardrobe {
  /** @type {'screen' | 'headset'} */ device = 'screen';
  /** @type {Set<Piece>} whose model has no file yet */ missing = new Set();

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./models.js').Models} models
   * @param {(piece: Piece) => void} fitted it has another size now
   */
  constructor(stage, models, fitted) {
    this.stage = stage;
    this.models = models;
    this.fitted = fitted;
  }

  /** @param {Piece} piece */
  async load(piece) {
    const [first, best] = chooseFiles(piece.product?.files ?? [], this.device);
    if (!first) {
      if (piece.product) this.missing.add(piece);
      return;
    }
    this.missing.delete(piece);
    await this.#show(piece, await this.models.load(first.url));
    if (best) this.refine(piece);
  }

  /** What was not converted yet. @param {readonly any[]} products */
  bring(products) {
    for (const piece of this.missing) {
      const product = products.find((one) => one.sku === piece.product?.sku);
      if (!product?.files?.length) continue;
      piece.product.files = product.files;
      this.load(piece).catch(keepPreview);
    }
  }

  /** The file for this device; of several levels, levels.js chooses. @param {Piece} piece */
  refine(piece) {
    piece.levels = chooseLevels(piece.product?.files ?? [], this.device);
    piece.level = -1;
    if (piece.levels.length === 1) this.wear(piece, 0);
  }

  /**
   * Another level, when it is there; what is shown stays until then.
   *
   * @param {Piece} piece @param {number} level index
   */
  wear(piece, level) {
    if (piece.level === level) return;
    const file = piece.levels[level];
    piece.level = level;
    const wanted = () => piece.levels[piece.level] === file;
    const loading = this.models.load(file.url);
    loading.then((gltf) => (wanted() ? this.#show(piece, gltf) : null)).catch(keepPreview);
  }

  /** In the finish that the room has chosen. @param {Piece} piece */
  dress(piece) {
    if (!piece.model || !piece.gltf || piece.shown === piece.thing.variant) return;
    piece.shown = piece.thing.variant;
    const { model } = piece;
    applyVariant(model, piece.gltf, finishOf(piece)).then(() => {
      this.stage.surfaces.dress(model);
      this.stage.wake(100);
    });
  }

  /** @param {Piece} piece @param {GLTF} gltf */
  async #show(piece, gltf) {
    const model = gltf.scene.clone(true);
    await applyVariant(model, gltf, finishOf(piece));
    this.stage.surfaces.dress(model);
    if (piece.model) piece.group.remove(piece.model);
    piece.model = model;
    piece.gltf = gltf;
    piece.shown = piece.thing.variant;
    piece.group.add(model);
    piece.group.updateWorldMatrix(true, true);
    piece.box.setFromObject(model);
    piece.box.applyMatrix4(piece.group.matrixWorld.clone().invert());
    this.fitted(piece);
    this.stage.shadowsMoved();
    this.dress(piece);
  }
}

/** @param {Piece} piece @returns {string | null} the finish's name in the glTF */
function finishOf(piece) {
  return materialVariant(piece.product, piece.thing.variant);
}
