// What was said while one was here, and who is writing now. Nobody else keeps it.

export const MOST = 200; // lines
export const TYPING_MS = 5000; // after that, who has not said so again has stopped

/**
 * @typedef {object} Said
 * @property {string} by avatar @property {string} name @property {string} text
 * @property {string | null} to avatar, for private words @property {number} at ms since 1970
 */

export class Talk {
  /** @type {Said[]} */ lines = [];
  unread = 0;
  /** @type {Map<string, number>} avatar to the time in ms when it is forgotten */ #writing =
    new Map();

  /** @param {any} message `said` @param {string | null} me own avatar @returns {Said} */
  heard({ by, name, text, to = null, at }, me) {
    const said = { by, name, text, to, at };
    this.lines.push(said);
    if (this.lines.length > MOST) this.lines.shift();
    if (by !== me) this.unread += 1;
    this.#writing.delete(by);
    return said;
  }

  read() {
    this.unread = 0;
  }

  /** @param {{by: string, on: boolean}} typing @param {number} now ms */
  types({ by, on }, now) {
    if (on) this.#writing.set(by, now + TYPING_MS);
    else this.#writing.delete(by);
  }

  /** @param {string} id of who has left */
  left(id) {
    this.#writing.delete(id);
  }

  /** @param {number} now ms @returns {string[]} avatars */
  writing(now) {
    for (const [id, until] of this.#writing) if (until <= now) this.#writing.delete(id);
    return [...this.#writing.keys()];
  }
}
