// What the headset's card says about a piece, and what its buttons do.

import { Vector3 } from 'three';
import { formatMoney } from '../money.js';

export class PieceCard {
  #middle = new Vector3();
  #eye = new Vector3();

  /**
   * @param {import('./card.js').Card} card @param {import('./stage.js').Stage} stage
   * @param {import('./products.js').Products} products @param {import('../visit.js').Visit} visit
   * @param {object} acts
   * @param {(id: string, variant: string) => void} acts.chooseVariant
   * @param {(sku: string, variant: string | null) => void} acts.add
   */
  constructor(card, stage, products, visit, acts) {
    this.card = card;
    this.stage = stage;
    this.products = products;
    this.visit = visit;
    this.acts = acts;
  }

  /** The trigger: a button of the card, or the piece it points at. @param {import('three').Raycaster} ray */
  choose(ray) {
    if (this.card.choose(ray)) return;
    const id = this.products.pick(ray);
    if (id) this.show(id);
    else this.hide();
  }

  hide() {
    this.card.hide();
  }

  /** @param {string} id on display @param {string} [note] what has just happened */
  show(id, note = '') {
    const piece = this.products.pieces.get(id);
    if (!piece?.product || !this.products.middle(id, this.#middle)) return;
    const { product, thing } = piece;
    this.#eye.setFromMatrixPosition(this.stage.renderer.xr.getCamera().matrixWorld);
    this.card.show(
      this.#middle,
      this.#eye,
      this.#text(product, thing.variant, note),
      (variant) => {
        this.acts.chooseVariant(id, variant);
        this.show(id);
      },
      () => {
        this.acts.add(product.sku, piece.thing.variant);
        this.show(id, this.visit.say('vr_cart'));
      },
    );
  }

  /** @param {any} product @param {string | null} chosen @param {string} note */
  #text(product, chosen, note) {
    const { words } = this.visit;
    return {
      name: words.pick(product.names),
      price: formatMoney(product.price, words.language),
      button: words.say('add'),
      variants: product.variants.map((/** @type {any} */ one) => ({
        id: one.id,
        name: words.pick(one.names),
        swatch: one.swatch,
      })),
      chosen,
      note,
    };
  }
}
