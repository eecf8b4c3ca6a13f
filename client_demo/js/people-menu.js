// What one can do with somebody who is here: offered by the features, shown by the list of people.

/** @typedef {import('./world.js').Avatar} Avatar */
/**
 * @typedef {object} PersonOffer
 * @property {string} id for tests, with the avatar's: `follow-<avatar>`
 * @property {string | ((avatar: Avatar) => string)} label key of a text; `{name}` is theirs
 * @property {string} [icon] a name of dom.js
 * @property {(avatar: Avatar) => boolean} [shown] whether it is offered; always when left out
 * @property {(avatar: Avatar) => boolean} [pressed] for what is switched on and off
 * @property {(avatar: Avatar) => unknown} act
 */

export class PeopleMenu {
  /** @type {PersonOffer[]} */ #offers = [];
  /** @type {(() => void)[]} */ #listeners = [];

  /** @param {PersonOffer} offer */
  offer(offer) {
    this.#offers.push(offer);
    this.changed();
  }

  /** @param {Avatar} avatar @returns {PersonOffer[]} in the order in which they were offered */
  offersFor(avatar) {
    return this.#offers.filter((offer) => offer.shown?.(avatar) ?? true);
  }

  /** To be called when `shown`, `pressed` or a label would now say something else. */
  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }
}
