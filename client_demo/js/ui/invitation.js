// Somebody of the house asks everybody to come. Three seconds to say no, then one goes.

import { h } from '../dom.js';

export const WAIT_MS = 3000;

export class Invitation {
  #timer = 0;
  /** @type {HTMLElement | null} */ #card = null;

  /** @param {HTMLElement} place @param {import('../visit.js').Visit} visit */
  constructor(place, visit) {
    this.place = place;
    this.visit = visit;
  }

  /** @param {string} text @param {() => void} go @param {boolean} waits for a yes, however long */
  ask(text, go, waits) {
    this.decline();
    const yes = () => {
      this.decline();
      go();
    };
    const card = h(
      `div.invitation${waits ? '' : '.counting'}`,
      { role: 'alertdialog', 'aria-label': text, testid: 'invitation' },
      h('p', {}, text),
      h(
        'div.row',
        {},
        h('button.primary', { onclick: yes, testid: 'come' }, this.visit.say('come')),
        h(
          'button.second',
          { onclick: () => this.decline(), testid: 'stay' },
          this.visit.say('stay'),
        ),
      ),
    );
    this.#card = card;
    this.place.append(card);
    if (!waits) this.#timer = window.setTimeout(yes, WAIT_MS);
  }

  /** Also by walking on: that is a no. */
  decline() {
    clearTimeout(this.#timer);
    this.#card?.remove();
    this.#card = null;
  }
}
