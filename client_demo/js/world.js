// What is in the room as this client knows it: people, things, and the revision of both.

/** @typedef {{id: string, index: number, name: string, role: string, color: string}} Avatar */
/**
 * @typedef {object} Thing a product on display
 * @property {string} id @property {string} sku
 * @property {number[]} position metres @property {number[]} rotation xyzw
 * @property {string | null} variant @property {string | null} held_by avatar id
 */

/** Applies the room's messages in order; says by name what changed. */
export class World {
  rev = 0;
  /** @type {Map<string, Avatar>} */ avatars = new Map();
  /** @type {Map<string, Thing>} */ things = new Map();
  /** @type {string | null} own avatar */ me = null;
  /** @type {Map<number, Avatar>} */ byIndex = new Map();

  /** @param {any} welcome the snapshot */
  welcome(welcome) {
    this.rev = welcome.rev;
    this.me = welcome.you.avatar_id;
    this.avatars.clear();
    this.byIndex.clear();
    this.things.clear();
    for (const avatar of welcome.avatars) this.#enter(avatar);
    for (const thing of welcome.objects) this.things.set(thing.id, { ...thing });
  }

  /**
   * @param {string} name of the message @param {any} message
   * @returns {boolean} false for what is old or unknown
   */
  apply(name, message) {
    if (message.rev !== undefined && message.rev <= this.rev) return false;
    const known = this.#change(name, message);
    if (message.rev !== undefined) this.rev = message.rev;
    return known;
  }

  /** @param {string} name @param {any} message */
  #change(name, message) {
    if (name === 'joined') return this.#enter(message.avatar);
    if (name === 'left') return this.#leave(message.avatar_id);
    const thing = this.things.get(message.object);
    if (!thing) return name === 'said';
    if (name === 'held') thing.held_by = message.by ?? null;
    if (name === 'variant') thing.variant = message.variant;
    if (message.position) thing.position = message.position;
    if (message.rotation) thing.rotation = message.rotation;
    return true;
  }

  /** @param {Avatar} avatar */
  #enter(avatar) {
    this.avatars.set(avatar.id, avatar);
    this.byIndex.set(avatar.index, avatar);
    return true;
  }

  /** @param {string} id */
  #leave(id) {
    const avatar = this.avatars.get(id);
    if (!avatar) return false;
    this.avatars.delete(id);
    if (this.byIndex.get(avatar.index) === avatar) this.byIndex.delete(avatar.index);
    return true;
  }

  /** @returns {number} how many are here, oneself included */
  get present() {
    return this.avatars.size + (this.me && !this.avatars.has(this.me) ? 1 : 0);
  }

  /** @param {string | null} id @returns {string} the name to show, empty when they have left */
  nameOf(id) {
    return (id && this.avatars.get(id)?.name) || '';
  }
}
