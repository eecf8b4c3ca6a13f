// One piece: its picture, its price, its finishes, and what one can do with it.

import { roomLink, viewerOf } from '../ar.js';
import { isGuide } from '../display.js';
import { h, icon } from '../dom.js';
import { formatMoney } from '../money.js';
import { picture, swatches } from './bits.js';

/**
 * @typedef {object} Acts
 * @property {(object: string, variant: string) => void} chooseVariant
 * @property {(object: string) => void} hold @property {(object: string) => void} putHome
 * @property {(sku: string, variant: string | null) => void} add
 */

export class ProductPanel {
  /** @type {string | null} */ object = null;
  /**
   * Sections that others add.
   *
   * @type {(object: string, piece: import('../scene/products.js').Piece) => HTMLElement[]}
   */
  more = () => [];

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../scene/products.js').Products} products
   * @param {import('../scene/portraits.js').Portraits} portraits @param {Acts} acts
   */
  constructor(sheet, visit, products, portraits, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.products = products;
    this.portraits = portraits;
    this.acts = acts;
    for (const topic of /** @type {const} */ (['words', 'room', 'hold'])) {
      visit.on(topic, () => this.object && this.show(this.object));
    }
  }

  /** @param {string} object id on display */
  show(object) {
    const piece = this.products.pieces.get(object);
    if (!piece?.product) return;
    this.object = object;
    const { words } = this.visit;
    const { product, thing } = piece;
    this.sheet.open({
      name: 'product',
      title: words.pick(product.names),
      quiet: true,
      onClose: () => {
        this.object = null;
      },
      body: [
        h(
          'article.product',
          {},
          picture(this.portraits.of(product.sku, thing.variant), words.pick(product.names)),
          h(
            'div.product-head',
            {},
            h(
              'p.title',
              { 'aria-hidden': 'true', testid: 'product-name' },
              words.pick(product.names),
            ),
            h('p.price', { testid: 'product-price' }, formatMoney(product.price, words.language)),
          ),
          h('p.description', {}, words.pick(product.descriptions)),
          product.variants.length > 1 && this.#finishes(object, product, thing),
          this.more(object, piece),
          this.#inYourRoom(product, thing),
          this.#facts(product),
        ),
      ],
      foot: this.#actions(object, piece),
    });
  }

  /** @param {string} object @param {any} product @param {import('../world.js').Thing} thing */
  #finishes(object, product, thing) {
    const { words } = this.visit;
    return swatches({
      label: words.say('variant'),
      name: `finish-${object}`,
      variants: product.variants,
      chosen: thing.variant,
      words,
      choose: (id) => this.acts.chooseVariant(object, id),
    });
  }

  /** @param {any} product @param {import('../world.js').Thing} thing */
  #inYourRoom(product, thing) {
    const { words } = this.visit;
    const supports = (/** @type {string} */ rel) => h('a').relList.supports(rel);
    const viewer = viewerOf(navigator, supports);
    const name = words.pick(product.names);
    const href = roomLink(product, thing.variant, viewer, name, location.href);
    if (!href) return null;
    return h(
      'a.second.wide.in-your-room',
      { href, rel: viewer === 'quick-look' ? 'ar' : null, testid: 'in-your-room' },
      // Quick Look opens at once only when a picture is the link's first child.
      h('img', { src: '/img/room.svg', alt: '', width: 22, height: 22 }),
      h('span', {}, words.say('in_your_room')),
    );
  }

  /** @param {string} object */
  #wayHome(object) {
    const { words } = this.visit;
    return h(
      'div.held.astray',
      {},
      icon('undo'),
      h('span', {}, words.say('astray')),
      h(
        'button.link',
        { onclick: () => this.acts.putHome(object), testid: 'put-home' },
        words.say('put_back'),
      ),
    );
  }

  /** Left somewhere, and nobody's: anybody may put it back. @param {import('../scene/products.js').Piece} piece */
  #isAstray({ thing, home }) {
    const away = thing.position.map((at, axis) => at - home.position[axis]);
    const resized = (thing.scale ?? 1) !== 1;
    return !thing.held_by && (resized || Math.hypot(...away) > 0.02);
  }

  /** @param {any} product */
  #facts({ dimensions }) {
    const { words } = this.visit;
    const cm = (/** @type {number} */ metres) =>
      new Intl.NumberFormat(words.language, { maximumFractionDigits: 1 }).format(metres * 100);
    const size = words.say('dimensions', {
      w: cm(dimensions.width),
      h: cm(dimensions.height),
      d: cm(dimensions.depth),
    });
    return h('dl.facts', {}, h('dt', {}, words.say('size')), h('dd', {}, size));
  }

  /** @param {string} object @param {import('../scene/products.js').Piece} piece */
  #actions(object, piece) {
    const { words } = this.visit;
    const { product, thing, target } = piece;
    const { world } = this.products;
    const other = thing.held_by && thing.held_by !== world.me ? world.nameOf(thing.held_by) : '';
    const fixed = thing.pinned && !isGuide(world.you?.role);
    const takable = target.userData.grab && !this.products.missing.has(piece) && !fixed;
    return [
      other &&
        h('p.held', { testid: 'held-by' }, icon('hand'), words.say('held_by', { name: other })),
      this.#isAstray(piece) && this.#wayHome(object),
      h(
        'div.actions',
        {},
        h(
          'button.primary',
          { onclick: () => this.acts.add(product.sku, thing.variant), testid: 'add' },
          words.say('add'),
        ),
        takable &&
          h(
            `button.second${thing.held_by ? '.faint' : ''}`,
            {
              onclick: () => this.acts.hold(object),
              testid: 'hold',
            },
            icon('hand'),
            words.say('hold'),
          ),
      ),
    ].filter(Boolean);
  }
}
