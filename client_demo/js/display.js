// What the room says of its pieces beyond where they are: size, pins, spins, light, pointing hands.

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./world.js').Thing} Thing */
/**
 * @typedef {object} Pointing who points at what: a piece, or a place in the room
 * @property {string} by @property {'left' | 'right' | 'pointer'} hand
 * @property {string | null} [object] @property {number[] | null} [position]
 */

export class Display {
  /** @type {string | null} the piece in the light */ spotlight = null;
  /** @type {Map<string, Pointing>} by avatar */ pointing = new Map();
  #ahead = 0; // ms: the server's clock minus the own

  /**
   * @param {World} world whose things get `scale`, `spin`, `at`, `pinned` and `hotspot`
   * @param {() => number} now ms, the own clock
   */
  constructor(world, now = () => performance.now()) {
    this.now = now;
    world.on('welcome', (_world, message) => this.#welcome(message));
    for (const name of ['held', 'moved'])
      world.on(name, (_world, said) => this.#placed(_world, said));
    world.on('pinned', set('pinned', 'pinned'));
    world.on('shown', set('hotspot', 'hotspot'));
    world.on('lit', (_world, { object }) => {
      this.spotlight = object ?? null;
      return true;
    });
    world.on('pointed', (_world, message) => this.#pointed(message));
    world.on('left', (_world, { avatar_id }) => this.pointing.delete(avatar_id));
  }

  /** The server's clock as well as one knows, ms since 1970. */
  get serverNow() {
    return this.now() + this.#ahead;
  }

  /** @param {any} welcome */
  #welcome({ server_time, display }) {
    this.#ahead = (server_time ?? 0) - this.now();
    this.spotlight = display?.spotlight ?? null;
    this.pointing.clear();
    for (const one of display?.pointing ?? []) this.pointing.set(one.by, one);
    return true;
  }

  /** @param {World} world @param {any} message */
  #placed(world, { object, scale, spin, at }) {
    const thing = world.things.get(object);
    if (!thing) return false;
    thing.scale = scale ?? 1;
    thing.spin = spin ?? 0;
    thing.at = at ?? 0;
    // A message travels some time: whichever came fastest tells best how far the server is ahead.
    if (at) this.#ahead = Math.max(this.#ahead, at - this.now());
    return true;
  }

  /** @param {Pointing} message */
  #pointed(message) {
    if (message.object || message.position) this.pointing.set(message.by, message);
    else this.pointing.delete(message.by);
    return true;
  }
}

const GUIDES = ['staff', 'designer', 'moderator', 'operator'];

/** Whether this role may light, pin, and move what is pinned. @param {string | undefined} role */
export function isGuide(role) {
  return GUIDES.includes(role ?? '');
}

/**
 * How far a piece has turned by itself.
 *
 * @param {Thing} thing @param {number} serverNow ms
 * @returns {number} radians about the vertical
 */
export function spunBy({ spin, at }, serverNow) {
  return spin ? (spin * Math.max(0, serverNow - at)) / 1000 : 0;
}

/** @param {string} member of a thing @param {string} said member of the message */
function set(member, said) {
  return (/** @type {World} */ world, /** @type {any} */ message) => {
    const thing = world.things.get(message.object);
    if (thing) thing[member] = message[said] ?? null;
    return thing !== undefined;
  };
}
