// What is in the room as this client knows it: people, things, and the revision of both.

/**
 * Both may have members more: what the room sends is kept as it comes.
 *
 * @typedef {{id: string, index: number, name: string, role: string, color: string} &
 *   Record<string, any>} Avatar
 * @typedef {object} ThingState a product on display
 * @property {string} id @property {string} sku
 * @property {number[]} position metres @property {number[]} rotation xyzw
 * @property {string | null} variant @property {string | null} held_by avatar id
 * @typedef {ThingState & Record<string, any>} Thing
 */
/** @typedef {(world: World, message: any) => boolean} Change what a message does; false: nothing */

/** @type {Record<string, Change>} */
const CHANGES = {
  joined: (world, { avatar }) => world.enter(avatar),
  left: (world, { avatar_id }) => world.leave(avatar_id),
  held: (world, message) => {
    const thing = place(world, message);
    if (thing) thing.held_by = message.by ?? null;
    return thing !== null;
  },
  moved: (world, message) => place(world, message) !== null,
  variant: (world, { object, variant }) => {
    const thing = world.things.get(object);
    if (thing) thing.variant = variant;
    return thing !== undefined;
  },
  said: () => true,
};

/** Applies the room's messages in order; says by name what changed. */
export class World {
  rev = 0;
  /** @type {Avatar | null} as the room calls this visitor */ you = null;
  /** @type {Map<string, Avatar>} */ avatars = new Map();
  /** @type {Map<string, Thing>} */ things = new Map();
  /** @type {string | null} own avatar */ me = null;
  /** @type {Map<number, Avatar>} */ byIndex = new Map();
  /** @type {Map<string, Change[]>} */ #changes = new Map(
    Object.entries(CHANGES).map(([name, change]) => [name, [change]]),
  );

  /**
   * What a message does to the world, beside what it does already.
   *
   * @param {string} name of the message, `welcome` too @param {Change} change
   */
  on(name, change) {
    this.#changes.set(name, [...(this.#changes.get(name) ?? []), change]);
  }

  /** @param {any} welcome the snapshot */
  welcome(welcome) {
    this.rev = welcome.rev;
    this.me = welcome.you.avatar_id;
    this.you = { ...welcome.you, id: welcome.you.avatar_id };
    this.avatars.clear();
    this.byIndex.clear();
    this.things.clear();
    for (const avatar of welcome.avatars) this.enter(avatar);
    for (const thing of welcome.objects) this.things.set(thing.id, { ...thing });
    this.#change('welcome', welcome);
  }

  /**
   * @param {string} name of the message @param {any} message
   * @returns {boolean} false for what is old or unknown
   */
  apply(name, message) {
    if (message.rev !== undefined && message.rev <= this.rev) return false;
    const changed = this.#change(name, message);
    if (message.rev !== undefined) this.rev = message.rev;
    return changed;
  }

  /** @param {string} name @param {any} message */
  #change(name, message) {
    let changed = false;
    for (const change of this.#changes.get(name) ?? []) changed = change(this, message) || changed;
    return changed;
  }

  /** @param {Avatar} avatar */
  enter(avatar) {
    this.avatars.set(avatar.id, avatar);
    this.byIndex.set(avatar.index, avatar);
    return true;
  }

  /** @param {string} id */
  leave(id) {
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

/**
 * @param {World} world @param {{object: string, position?: number[], rotation?: number[]}} message
 * @returns {Thing | null} the piece, where the message says; null when there is none
 */
function place(world, { object, position, rotation }) {
  const thing = world.things.get(object);
  if (!thing) return null;
  if (position) thing.position = position;
  if (rotation) thing.rotation = rotation;
  return thing;
}
