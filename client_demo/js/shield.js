// Whom one keeps away, as the room says; and whom nobody is to draw or hear.

/** @typedef {'muted' | 'hidden' | 'blocked' | 'veiled'} List */
/** @type {List[]} */
const LISTS = ['muted', 'hidden', 'blocked', 'veiled'];

export class Shield {
  /** @type {Set<string>} avatars; own choice */ muted = new Set();
  /** @type {Set<string>} own choice */ hidden = new Set();
  /** @type {Set<string>} own choice, and it goes both ways */ blocked = new Set();
  /** @type {Set<string>} not to be drawn: hidden, blocked, or blocking */ veiled = new Set();
  /** @type {Set<string>} asked by the house to be silent */ silenced = new Set();

  /** @param {import('./world.js').World} world */
  constructor(world) {
    world.on('welcome', (_, { safety }) => this.#take(safety ?? {}, safety?.silenced ?? []));
    world.on('shielded', ({ me }, message) => message.to === me && this.#take(message));
    world.on('silenced', (_, { avatar, on }) => {
      if (on) this.silenced.add(avatar);
      else this.silenced.delete(avatar);
      return true;
    });
    world.on('left', (_, { avatar_id }) => this.#forget(avatar_id));
  }

  /**
   * A voice comes from where somebody stands, so that of the hidden is off as well.
   *
   * @param {string} id @returns {boolean} nothing of their voice is heard
   */
  deafTo(id) {
    return [this.muted, this.blocked, this.veiled, this.silenced].some((list) => list.has(id));
  }

  /** @returns {boolean} one keeps somebody away */
  get raised() {
    return this.muted.size + this.hidden.size + this.blocked.size > 0;
  }

  /** @param {Partial<Record<List, string[]>>} lists @param {string[]} [silenced] */
  #take(lists, silenced) {
    for (const name of LISTS) this[name] = new Set(lists[name] ?? []);
    if (silenced) this.silenced = new Set(silenced);
    return true;
  }

  /** @param {string} id */
  #forget(id) {
    for (const name of LISTS) this[name].delete(id);
    this.silenced.delete(id);
    return false;
  }
}
