// What the browser remembers between visits: who one is, the language, an unanswered order.
// What is typed into the checkout it remembers for the tab only: that is about somebody else.

/** @typedef {{name: string, color: string, token: string, personId: string}} Identity */

const PREFIX = 'vitrine.';

/** Private windows may refuse storage: then things are remembered as long as the page lives. */
class Memory {
  #fallback = new Map();

  /** @param {() => Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} key @returns {any} null when there is nothing */
  recall = (key) => {
    try {
      const text = this.storage().getItem(PREFIX + key);
      return text === null ? (this.#fallback.get(key) ?? null) : JSON.parse(text);
    } catch {
      return this.#fallback.get(key) ?? null;
    }
  };

  /** @param {string} key @param {unknown} value null forgets */
  remember = (key, value) => {
    this.#fallback.set(key, value);
    try {
      if (value === null) this.storage().removeItem(PREFIX + key);
      else this.storage().setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // The map above has it for this visit.
    }
  };
}

export const { recall, remember } = new Memory(() => localStorage);
export const thisTab = new Memory(() => sessionStorage);
