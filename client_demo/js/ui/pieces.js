// The pieces as a list: for keyboards and screen readers, which cannot click into a picture.

import { h, refill } from '../dom.js';

export class PieceList {
  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {import('../scene/products.js').Products} products @param {(id: string) => void} open
   */
  constructor(place, visit, products, open) {
    this.place = place;
    this.visit = visit;
    this.products = products;
    this.open = open;
    visit.on('words', () => this.show());
  }

  show() {
    const { words } = this.visit;
    this.place.setAttribute('aria-label', words.say('pieces'));
    refill(
      this.place,
      h(
        'ul',
        {},
        [...this.products.pieces].map(([id, { product }]) =>
          h(
            'li',
            {},
            h(
              'button.pill',
              { onclick: () => this.open(id), testid: `piece-${id}` },
              words.pick(product?.names) || id,
            ),
          ),
        ),
      ),
    );
  }
}
