// The line at the top: where one is, who is here, language, headset, cart.

import { count } from '../cart.js';
import { h, icon, refill } from '../dom.js';
import { LANGUAGES } from '../i18n.js';
import { offered } from './offered.js';

export class Bar {
  #roomName = /** @type {Record<string, string>} */ ({});
  #people = 0;
  #headset = /** @type {(() => void) | null} */ (null);
  /** @type {import('./offered.js').Offer[]} */ #offers = [];
  visible = false;

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {{openCart: () => void, openPeople: () => void}} acts
   */
  constructor(place, visit, acts) {
    this.place = place;
    this.visit = visit;
    this.acts = acts;
    for (const topic of /** @type {const} */ (['words', 'cart']))
      visit.on(topic, () => this.show());
  }

  /** @param {Record<string, string>} name */
  setRoom(name) {
    this.#roomName = name;
  }

  /** @param {number} people */
  setPeople(people) {
    this.#people = people;
    const shown = this.place.querySelector('.people');
    if (shown) this.#count(shown);
    else this.show();
  }

  /** A button at the top; `show()` draws it again. @param {import('./offered.js').Offer} offer */
  offer(offer) {
    this.#offers.push(offer);
    this.show();
  }

  /** @param {() => void} enter there is a headset */
  offerHeadset(enter) {
    this.#headset = enter;
    this.show();
  }

  show() {
    if (!this.visible) return;
    const { words, lines } = this.visit;
    const n = count(lines);
    const offers = offered('button.pill', this.#offers, words);
    refill(
      this.place,
      h('p.mark', {}, 'Vitrine', h('span', {}, words.pick(this.#roomName))),
      this.#presence(),
      ...(offers.length > 0 ? [h('div.offers', {}, offers)] : []),
      this.#languages(),
      ...(this.#headset
        ? [
            h(
              'button.pill',
              { onclick: this.#headset, testid: 'enter-vr' },
              icon('headset'),
              words.say('enter_vr'),
            ),
          ]
        : []),
      h(
        'button.pill.cart',
        {
          onclick: this.acts.openCart,
          'aria-label': words.say('cart_open', { n }),
          testid: 'cart',
        },
        icon('bag'),
        h('span.word', {}, words.say('cart')),
        n > 0 && h('span.count', { testid: 'cart-count' }, String(n)),
      ),
    );
  }

  #presence() {
    const button = h('button.people', {
      'aria-haspopup': 'dialog',
      onclick: this.acts.openPeople,
      testid: 'people',
    });
    this.#count(button);
    return button;
  }

  /** In place: somebody who comes in must not close an open list of languages. @param {Element} button */
  #count(button) {
    const text = this.visit.say('people_here', { n: this.#people });
    const few = h('span.few', { 'aria-hidden': 'true' }, String(this.#people));
    button.replaceChildren(icon('people'), h('span.word', {}, text), few);
    button.setAttribute('aria-label', text);
  }

  #languages() {
    const { words } = this.visit;
    const options = LANGUAGES.map((language) =>
      h(
        'option',
        { value: language, selected: language === words.language },
        language.toUpperCase(),
      ),
    );
    return h(
      'select.language',
      {
        'aria-label': words.say('language'),
        testid: 'language',
        onchange: (/** @type {any} */ event) => this.visit.speak(event.target.value),
      },
      options,
    );
  }
}
