// What the room says, and who is told: the ears of the connection.

import { ProblemError } from './api.js';
import { Listeners } from './listeners.js';

const RETRY_MS = 3000;

/**
 * @typedef {object} Parts
 * @property {import('./visit.js').Visit} visit @property {import('./world.js').World} world
 * @property {import('./buying.js').Buying} buying
 * @property {import('./scene/avatars.js').Avatars} avatars
 * @property {import('./scene/products.js').Products} products
 * @property {import('./scene/hold.js').Hold} hold
 * @property {import('./scene/presence.js').Presence} presence
 * @property {import('./ui/bar.js').Bar} bar @property {import('./ui/notices.js').Notices} notices
 * @property {import('./ui/welcome.js').Welcome} welcome
 * @property {(you: any) => boolean} goInside told with every snapshot; false for who is inside already
 */

export class Hearing {
  #listeners = new Listeners();

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /**
   * Told of every message of that name that is news, once the world has it; of `welcome` when all
   * stand as it says; of `lost` when the line is.
   *
   * @param {string} name @param {(message: any) => void} listener
   */
  on(name, listener) {
    this.#listeners.on(name, listener);
  }

  /** @param {any} message the room's snapshot */
  welcome(message) {
    const { visit, world, buying, avatars, products, hold, presence, bar, notices } = this.parts;
    world.welcome(message);
    avatars.bounds = message.bounds;
    presence.bounds = message.bounds;
    avatars.sync();
    if (hold.id && world.things.get(hold.id)?.held_by !== world.me) hold.slip();
    products.syncAll();
    notices.banner(null);
    if (!this.parts.goInside(message.you)) notices.say(visit.say('back_again'));
    presence.again();
    bar.setPeople(world.present);
    buying.merge(message.cart);
    visit.loadOrders().catch(() => {}); // the chips come with the next answer
    buying.resume();
    visit.tell('people');
    this.#listeners.tell('welcome', message);
  }

  /** @param {string} name @param {any} message */
  message(name, message) {
    const { visit, world } = this.parts;
    if (message?.rev !== undefined && message.rev <= world.rev) return;
    if (name === 'cart') visit.setLines(message.cart.lines);
    if (name === 'order') visit.setOrder(message.order);
    const before = name === 'left' ? world.nameOf(message.avatar_id) : '';
    const changed = world.apply(name, message ?? {});
    if (changed && name === 'joined') this.#came(message.avatar);
    if (changed && name === 'left') this.#went({ id: message.avatar_id, name: before });
    this.#listeners.tell(name, message);
  }

  /** @param {ArrayBuffer} frame */
  poses(frame) {
    this.parts.avatars.receive(frame);
  }

  lost() {
    this.parts.notices.banner(this.parts.visit.say('lost'));
    this.#listeners.tell('lost', null);
  }

  /** @param {unknown} error why there is no seat; tried again after a while */
  async refused(error) {
    const { visit, notices, welcome } = this.parts;
    const problem = error instanceof ProblemError ? error : null;
    if (problem?.type === 'room-full') welcome.trouble('room_full');
    else if (problem && problem.status < 500 && problem.status !== 429) {
      notices.banner(problem.message);
    } else notices.banner(visit.say('lost'));
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }

  /** @param {import('./world.js').Avatar} avatar */
  #came(avatar) {
    this.#tellOf('joined', avatar);
    this.parts.presence.again(); // they have not seen where we stand
  }

  /** @param {{id: string, name: string}} who */
  #went(who) {
    this.#tellOf('left', who);
  }

  /** @param {'joined' | 'left'} what @param {{id: string, name: string}} who */
  #tellOf(what, { id, name }) {
    const { visit, world, avatars, products, bar, notices } = this.parts;
    avatars.sync();
    bar.setPeople(world.present);
    visit.tell('people');
    if (id !== world.me) notices.say(visit.say(what, { name }));
    for (const thing of world.things.values()) if (thing.held_by === id) products.sync(thing.id);
  }
}
