// What this visitor has and knows: name, words, products, cart, orders. The panels read it.

import { ProblemError } from './api.js';
import { Words } from './i18n.js';
import { recall, remember } from './memory.js';

/** @typedef {import('./cart.js').Line} Line */
/** @typedef {'words' | 'cart' | 'orders' | 'people' | 'room' | 'hold'} Topic */

const OPEN = ['pending', 'placed', 'in_fulfilment'];
const LINGER_MS = 6 * 3600_000; // a finished order stays in sight this long

export class Visit {
  /** @type {Map<string, any>} by sku */ products = new Map();
  /** @type {any[]} */ stores = [];
  /** @type {Map<string, any>} by id */ orders = new Map();
  /** @type {readonly Line[]} */ lines = recall('cart') ?? [];
  /** Where one wants to go: a room, or what a code leads to. @type {Record<string, unknown>} */
  wish = {};
  /** Of the server that has the room. */ url = '';
  /** Told when the wished code opens nothing any more. */ onLostCode = () => {};
  /** @type {{resume: string, url: string} | null} a seat one has already */ #carried = null;
  /** @type {any} */ #place = null;
  /** @type {Map<Topic, Set<() => void>>} */ #listeners = new Map();

  /** @param {import('./api.js').Api} api @param {string} language */
  constructor(api, language) {
    this.api = api;
    this.words = new Words(language);
    /** @type {import('./memory.js').Identity | null} */
    this.identity = recall('identity');
    this.api.token = this.identity?.token ?? null;
  }

  /** @param {Topic} topic @param {() => void} listener */
  on(topic, listener) {
    const listeners = this.#listeners.get(topic) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(topic, listeners);
  }

  /** @param {Topic} topic */
  tell(topic) {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  /** In the visitor's words. @param {string} key @param {Record<string, string | number>} [facts] */
  say(key, facts) {
    return this.words.say(key, facts);
  }

  /** @param {string} language */
  speak(language) {
    this.words = new Words(language);
    remember('language', language);
    document.documentElement.lang = language;
    this.tell('words');
  }

  /**
   * Who one is here. A known visitor with the same name and colour keeps the session.
   *
   * @param {string} name @param {string} color
   */
  async introduce(name, color) {
    const known = this.identity;
    if (known?.token && known.name === name && known.color === color) return;
    this.#carried = null; // that place was somebody else's
    this.api.token = null;
    const session = await this.api.post('/api/sessions', { name, avatar: { color } });
    this.identity = { name, color, token: session.token, personId: session.person.id };
    this.api.token = session.token;
    remember('identity', this.identity);
  }

  /**
   * Who one was on another device, from now on here.
   *
   * @param {any} continued what the server answered to the code
   */
  adopt({ token, person, room, url, resume, place }) {
    this.identity = {
      name: person.name,
      color: person.avatar?.color ?? '',
      token,
      personId: person.id,
    };
    this.api.token = token;
    remember('identity', this.identity);
    this.wish = { room };
    this.#carried = resume ? { resume, url } : null;
    this.#place = place;
  }

  /** A place that one has already, here or on another device. @param {{resume: string, url: string}} seat */
  carry(seat) {
    this.#carried = seat;
  }

  /** Where one stood on the other device, once. @returns {{position: number[], rotation: number[]} | null} */
  takePlace() {
    const place = this.#place;
    this.#place = null;
    return place;
  }

  /**
   * A seat, or the one that is kept from another device; a session that ended is renewed without a
   * question, and a code that opens nothing is told of and passed over.
   *
   * @param {string} showroom
   * @returns {Promise<{ticket?: string, resume?: string, url: string}>}
   */
  async takeSeat(showroom) {
    const seat = this.#carried ?? (await this.#join(showroom));
    this.#carried = null;
    this.url = seat.url;
    return seat;
  }

  /**
   * Where one's place is now.
   *
   * @param {string} showroom @param {string} resume @returns {Promise<{resume: string, url: string}>}
   */
  async findSeat(showroom, resume) {
    const path = `/api/showrooms/${encodeURIComponent(showroom)}/join`;
    const seat = await this.api.post(path, { resume });
    this.url = seat.url;
    return seat;
  }

  /** @param {string} showroom @returns {Promise<any>} */
  async #join(showroom) {
    const join = () =>
      this.api.post(`/api/showrooms/${encodeURIComponent(showroom)}/join`, this.wish);
    try {
      return await join();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (['unknown-code', 'unknown-room'].includes(error.type)) {
        if (this.wish.code) this.onLostCode();
        this.wish = {};
        return join();
      }
      if (error.status !== 401 || !this.identity) throw error;
      const { name, color } = this.identity;
      this.identity = null;
      await this.introduce(name, color);
      return join();
    }
  }

  /** @param {readonly Line[]} lines */
  setLines(lines) {
    this.lines = lines.map(({ sku, variant, quantity }) => ({
      sku,
      variant: variant ?? null,
      quantity,
    }));
    remember('cart', this.lines);
    this.tell('cart');
  }

  /** @param {any} order a newer version of a known one, or a new one */
  setOrder(order) {
    const known = this.orders.get(order.id);
    if (known && known.version > order.version) return;
    this.orders.set(order.id, order);
    this.tell('orders');
  }

  async loadOrders() {
    const { items } = await this.api.call('/api/orders');
    for (const order of items) this.setOrder(order);
  }

  /** @param {any} order @returns {boolean} whether it is still under way */
  isOpen(order) {
    return OPEN.includes(order.status);
  }

  /** @param {number} now ms @returns {any[]} what is under way or was finished lately, newest first */
  recentOrders(now) {
    return [...this.orders.values()]
      .filter((order) => this.isOpen(order) || now - Date.parse(order.placed_at) < LINGER_MS)
      .sort((a, b) => (b.placed_at ?? '').localeCompare(a.placed_at ?? ''));
  }

  /** @param {string} sku @param {string | null} variant */
  variantOf(sku, variant) {
    const variants = this.products.get(sku)?.variants ?? [];
    return variants.find((/** @type {any} */ one) => one.id === variant) ?? null;
  }

  /** @param {any} order @returns {string} its state in the visitor's words */
  statusOf(order) {
    const { fulfilment, status } = order;
    const fate = ['cancelled', 'rejected', 'expired', 'pending'].includes(status);
    const key = `status_${fate ? status : fulfilment.status}`;
    const facts = { name: fulfilment.announce?.name ?? '' };
    return this.words.say(this.words.has(key) ? key : `status_${status}`, facts);
  }
}
