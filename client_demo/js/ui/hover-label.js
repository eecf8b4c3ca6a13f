// The name of the piece under the pointer, beside it.

import { Vector3 } from 'three';
import { formatMoney } from '../money.js';

export class HoverLabel {
  /** @type {string | null} */ #id = null;
  #at = new Vector3();

  /**
   * @param {HTMLElement} place @param {import('../scene/stage.js').Stage} stage
   * @param {import('../scene/products.js').Products} products @param {import('../visit.js').Visit} visit
   */
  constructor(place, stage, products, visit) {
    this.place = place;
    this.stage = stage;
    this.products = products;
    this.visit = visit;
    stage.parts.push(this);
  }

  /** @param {string | null} id */
  show(id) {
    if (id === this.#id) return;
    this.#id = id;
    const product = id ? this.products.pieces.get(id)?.product : null;
    this.place.classList.toggle('shown', Boolean(product));
    if (!product) return;
    const { words } = this.visit;
    this.place.textContent = `${words.pick(product.names)} · ${formatMoney(product.price, words.language)}`;
  }

  update() {
    const piece = this.#id ? this.products.pieces.get(this.#id) : null;
    if (!piece || !this.#id || !this.products.middle(this.#id, this.#at)) return;
    this.#at.y += (piece.box.max.y - piece.box.min.y) / 2 + 0.06;
    this.#at.project(this.stage.camera);
    const { clientWidth, clientHeight } = this.stage.canvas;
    this.place.style.setProperty('--x', `${((this.#at.x + 1) / 2) * clientWidth}px`);
    this.place.style.setProperty('--y', `${((1 - this.#at.y) / 2) * clientHeight}px`);
  }
}
