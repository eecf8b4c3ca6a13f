// What one can do with a piece beside buying it: have it brought, turned, shown; and its details.

import { h, icon } from '../dom.js';

const TURN = 0.6; // radians a second: a turntable that lets one look

/**
 * @typedef {object} Ways how it stands with the piece, and what the buttons do
 * @property {boolean} guide @property {boolean} takable @property {boolean} lit
 * @property {boolean} pointed @property {boolean} keys
 * @property {() => unknown} bring @property {(speed: number) => unknown} spin
 * @property {(on: boolean) => unknown} point @property {(on: boolean) => unknown} light
 * @property {(on: boolean) => unknown} pin @property {(hotspot: string | null) => unknown} open
 */

/**
 * @param {import('../i18n.js').Words} words @param {string} object
 * @param {import('../scene/products.js').Piece} piece @param {Ways} ways
 * @returns {HTMLElement[]} sections of the panel
 */
export function pieceMenu(words, object, piece, ways) {
  const { thing, limits, snap, hotspots } = piece;
  const fixed = thing.pinned && !ways.guide;
  const free = !thing.held_by && !fixed;
  const chip = (/** @type {Chip} */ one) => button(words, one);
  const chips = [
    ways.takable && !snap && free && chip({ id: 'bring', act: ways.bring }),
    limits.turn !== 'none' &&
      free &&
      chip({ id: 'spin', on: Boolean(thing.spin), act: (on) => ways.spin(on ? TURN : 0) }),
    chip({ id: 'point', on: ways.pointed, act: ways.point, hint: ways.keys ? 'point_hint' : '' }),
    ways.guide && chip({ id: 'spotlight', symbol: 'light', on: ways.lit, act: ways.light }),
    ways.guide && chip({ id: 'pin', on: Boolean(thing.pinned), act: ways.pin }),
  ].filter((one) => one !== false);
  return [
    h(
      'section.piece-acts',
      { 'aria-label': words.say('look_together') },
      h('div.chips', { role: 'group', 'aria-label': words.say('look_together') }, chips),
      fixed && h('p.soft', { testid: 'pinned-here' }, words.say('pinned_here')),
    ),
    hotspots.length > 0 && details(words, object, piece, ways),
  ].filter((one) => one !== false);
}

/**
 * @typedef {object} Chip
 * @property {string} id also the key of its text @property {string} [symbol] as the id otherwise
 * @property {boolean} [on] for what is switched on and off @property {string} [hint]
 * @property {(on: boolean) => unknown} act
 */

/** @param {import('../i18n.js').Words} words @param {Chip} chip */
function button(words, { id, symbol = id, on, hint, act }) {
  return h(
    'button.chip',
    {
      type: 'button',
      'aria-pressed': on === undefined ? null : String(on),
      title: hint ? words.say(hint) : null,
      testid: `do-${id}`,
      onclick: () => act(!on),
    },
    icon(symbol),
    h('span', {}, words.say(id)),
  );
}

/**
 * The hotspots in words: for who does not see them, or does not reach them.
 *
 * @param {import('../i18n.js').Words} words @param {string} object
 * @param {import('../scene/products.js').Piece} piece @param {Ways} ways
 */
function details(words, object, { thing, hotspots }, { open }) {
  return h(
    'section.details',
    {},
    h('h3', {}, words.say('details')),
    h(
      'ul',
      {},
      hotspots.map(({ id, text }) => {
        const shown = thing.hotspot === id;
        return h(
          'li',
          {},
          h(
            'button.detail',
            {
              type: 'button',
              'aria-pressed': String(shown),
              testid: `detail-${object}-${id}`,
              onclick: () => open(shown ? null : id),
            },
            h('span.mark', { 'aria-hidden': 'true' }),
            h('span', {}, words.pick(text)),
          ),
        );
      }),
    ),
  );
}
