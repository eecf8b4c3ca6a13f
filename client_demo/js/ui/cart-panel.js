// The cart: what one chose, how many, and what it comes to.

import { setQuantity, total } from '../cart.js';
import { h } from '../dom.js';
import { formatMoney } from '../money.js';
import { picture, stepper } from './bits.js';

export class CartPanel {
  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../scene/portraits.js').Portraits} portraits
   * @param {{setLines: (lines: readonly import('../cart.js').Line[]) => void, checkout: () => void}} acts
   */
  constructor(sheet, visit, portraits, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.portraits = portraits;
    this.acts = acts;
    for (const topic of /** @type {const} */ (['words', 'cart'])) {
      visit.on(topic, () => this.sheet.name === 'cart' && this.show());
    }
  }

  show() {
    const { words, lines, products } = this.visit;
    const sum = total(lines, products);
    this.sheet.open({
      name: 'cart',
      title: words.say('cart'),
      body:
        lines.length > 0
          ? [
              h(
                'ul.lines',
                {},
                lines.map((line) => this.#line(line)),
              ),
            ]
          : [this.#empty()],
      foot: sum
        ? [
            h(
              'p.total',
              {},
              words.say('total'),
              h('strong', { testid: 'total' }, formatMoney(sum, words.language)),
            ),
            h(
              'button.primary.wide',
              { onclick: this.acts.checkout, testid: 'checkout' },
              words.say('checkout'),
            ),
          ]
        : undefined,
    });
  }

  #empty() {
    const { words } = this.visit;
    return h(
      'div.empty',
      {},
      h('p.title', {}, words.say('empty_cart')),
      h('p', {}, words.say('empty_cart_lead')),
    );
  }

  /** @param {import('../cart.js').Line} line */
  #line(line) {
    const { words, products } = this.visit;
    const product = products.get(line.sku);
    const variant = this.visit.variantOf(line.sku, line.variant);
    const name = words.pick(product?.names) || line.sku;
    const id = `${line.sku}-${line.variant}`;
    return h(
      'li.line',
      { testid: `line-${id}` },
      picture(this.portraits.of(line.sku, line.variant), ''),
      h(
        'div.line-words',
        {},
        h('p.line-name', {}, name),
        variant && h('p.soft', {}, words.pick(variant.names)),
        stepper(
          line.quantity,
          words,
          (n) => this.acts.setLines(setQuantity(this.visit.lines, line, n)),
          id,
        ),
      ),
      product &&
        h(
          'p.line-price',
          {},
          formatMoney(
            { ...product.price, amount: product.price.amount * line.quantity },
            words.language,
          ),
        ),
    );
  }
}
