// Setting up the room before somebody comes in: what is in it, from the server into the scene.

import { ProblemError } from './api.js';

const RETRY_MS = 3000;
const LONGEST_MS = 60_000;
const ASIDE = 0.7; // metres
const GOLDEN = Math.PI * (3 - Math.sqrt(5)); // radians: every round has a direction of its own
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/**
 * @typedef {object} Parts
 * @property {string} id of the showroom @property {import('./visit.js').Visit} visit
 * @property {import('./ui/welcome.js').Welcome} welcome
 * @property {import('./scene/showroom.js').Showroom} room
 * @property {import('./scene/products.js').Products} products
 * @property {(spawn: {position: number[], rotation: number[]}) => void} standAt
 * @property {(showroom: any) => void} named told once the showroom is known
 */

/** @param {number[]} rotation xyzw around +Y @returns {number} radians */
export function yawOf([, y, , w]) {
  return 2 * Math.atan2(y, w);
}

/**
 * More people than spawn points stand around them, not in one another.
 *
 * @template {{position: number[], rotation: number[]}} Spawn
 * @param {readonly Spawn[]} spawns @param {number} index of the visitor in the room
 * @returns {Spawn | null}
 */
export function entrance(spawns, index) {
  const spawn = spawns[index % Math.max(1, spawns.length)];
  if (!spawn) return null;
  const round = Math.floor(index / spawns.length);
  const away = ASIDE * Math.sqrt(round);
  const [x, y, z] = spawn.position;
  const position = [x + away * Math.cos(round * GOLDEN), y, z + away * Math.sin(round * GOLDEN)];
  return { ...spawn, position };
}

export class Opening {
  /** @type {Record<string, import('./files.js').File[]>} by model name */ files = {};

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.path = `/api/showrooms/${encodeURIComponent(parts.id)}`;
  }

  /** Fulfilled when something stands everywhere; never when there is nothing to open. */
  async open() {
    const { visit } = this.parts;
    try {
      const [showroom, stores] = await Promise.all([
        visit.api.call(this.path),
        visit.api.call('/api/stores'),
      ]);
      visit.stores = stores.items;
      await this.#build(showroom);
    } catch (error) {
      await this.#explain(error);
    }
  }

  /** @param {any} showroom */
  async #build(showroom) {
    const { visit, welcome, room, products, standAt, named } = this.parts;
    for (const product of showroom.products) visit.products.set(product.sku, product);
    this.files = showroom.models;
    room.set(showroom.scene);
    standAt(showroom.scene.spawn_points?.[0] ?? { position: [0, 0, 0], rotation: [0, 0, 0, 1] });
    room.label(visit.words);
    welcome.setRoom(showroom.name);
    const jobs = [
      ...room.furnish(this.files),
      ...products.setOut(showroom.scene.displays, visit.products),
    ];
    named(showroom);
    let done = 0;
    const counted = jobs.map((job) =>
      job.catch(goOn).finally(() => welcome.progress(++done / jobs.length)),
    );
    await Promise.all(counted);
    this.#awaitFiles();
  }

  /** Models that are still being converted come in as they are ready; some never are. */
  async #awaitFiles() {
    const { visit, room, products } = this.parts;
    for (let wait = RETRY_MS; room.missing.size > 0 || products.missing.size > 0; ) {
      await pause(wait);
      wait = Math.min(wait * 1.3, LONGEST_MS);
      const showroom = await visit.api.call(this.path).catch(() => null);
      if (!showroom) continue;
      this.files = showroom.models;
      room.bring(this.files);
      products.bring(showroom.products);
    }
  }

  /** Says what is wrong; when the server is away, waits for it and starts over. @param {unknown} error */
  async #explain(error) {
    const { visit, welcome } = this.parts;
    const say = (/** @type {string} */ key) => visit.words.say(key);
    if (error instanceof ProblemError && error.status === 404) {
      welcome.trouble('no_room', { label: say('to_main'), act: () => location.assign('/') });
    } else {
      console.error(error);
      welcome.trouble('away', { label: say('again'), act: () => location.reload() });
      do await pause(RETRY_MS);
      while (!(await visit.api.call('/api/stores').catch(() => null)));
      location.reload();
    }
    return new Promise(() => {}); // nothing opened
  }
}

/** @param {unknown} error */
function goOn(error) {
  console.warn('A model could not be loaded; the room goes without it.', error);
}
