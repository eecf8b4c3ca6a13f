// What somebody who only watches should know: that they do, and when it is their turn.

import { h, icon, refill } from '../dom.js';

/**
 * @typedef {object} Turn what the room says of one's place in line
 * @property {number} place 1 is next; 0 without a ticket: it has passed
 * @property {string | null} ticket @property {string | null} url
 * @property {string | null} expires_at
 */

export class Lobby {
  /** @type {Turn | null} */ turn = null;
  watching = false;

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {() => void} comeIn asks for a seat, or for a place in the line
   */
  constructor(place, visit, comeIn) {
    this.place = place;
    this.visit = visit;
    this.comeIn = comeIn;
    visit.on('words', () => this.show());
  }

  /** @param {boolean} watching @param {Turn | null} turn null for who does not wait */
  set(watching, turn) {
    this.watching = watching;
    this.turn = turn;
    this.show();
  }

  show() {
    document.body.classList.toggle('watching', this.watching);
    if (!this.watching) return this.place.replaceChildren();
    const [title, lead, way] = this.#words();
    refill(
      this.place,
      h(
        'div.lobby.rise',
        { testid: 'lobby' },
        icon('eye'),
        h(
          'div.lobby-words',
          {},
          h('p.lobby-title', { testid: 'lobby-title' }, title),
          h('p.soft', { testid: 'lobby-lead' }, lead),
        ),
        way && h('button.primary', { testid: 'come-in', onclick: () => this.comeIn() }, way),
      ),
    );
  }

  /** @returns {[string, string, string]} title, what it means, and what one may do about it */
  #words() {
    const say = (/** @type {string} */ key, /** @type {any} */ facts = {}) =>
      this.visit.say(key, facts);
    if (!this.turn) return [say('watching'), say('watching_lead'), say('come_in')];
    const { place, ticket } = this.turn;
    if (ticket) return [say('your_turn'), '', say('come_in')];
    if (place === 0) return [say('line_passed'), say('line_passed_lead'), say('line_again')];
    return [say('line'), place === 1 ? say('line_next') : say('line_place', { place }), ''];
  }
}
