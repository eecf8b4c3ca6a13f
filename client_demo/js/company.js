// Whose hand is up, who walks with whom, who waits for a human: as the room tells it.

/**
 * @typedef {object} Call somebody waits for a human of the house
 * @property {string} by avatar @property {string} name @property {string} text
 */

export class Company {
  /** @type {string[]} avatars, whose turn it is first */ hands = [];
  /** @type {Map<string, string>} whom each one follows */ following = new Map();
  /** @type {Map<string, Call>} by avatar; of others only for guides */ calls = new Map();

  /** @param {import('./world.js').World} world */
  constructor(world) {
    world.on('welcome', (_, { together }) => this.#begin(together ?? {}));
    world.on('raised', (_, { order }) => {
      this.hands = order;
      return true;
    });
    world.on('followed', (_, { by, whom }) => {
      if (whom) this.following.set(by, whom);
      else this.following.delete(by);
      return true;
    });
    world.on('help', (_, { by, name, on, text }) => {
      if (on) this.calls.set(by, { by, name, text });
      else this.calls.delete(by);
      return true;
    });
    world.on('changed', (here, { avatar }) => {
      if (here.you && avatar.id === here.me) here.you = { ...here.you, ...avatar };
      else if (!here.avatars.has(avatar.id)) return false;
      if (here.avatars.has(avatar.id)) here.enter(avatar);
      return true;
    });
  }

  /** @param {string} id @returns {number} in the line of raised hands; 0 for who is not in it */
  placeOf(id) {
    return this.hands.indexOf(id) + 1;
  }

  /** @param {any} together of the welcome */
  #begin({ hands = [], following = {}, helps = [] }) {
    this.hands = [...hands];
    this.following = new Map(Object.entries(following));
    this.calls = new Map(helps.map((/** @type {Call} */ call) => [call.by, call]));
    return true;
  }
}
