// Who is here, and what one can do with each of them.

import { h, icon } from '../dom.js';
import { offered } from './offered.js';

/** @typedef {import('../world.js').Avatar} Avatar */

export class PeoplePanel {
  /** @type {string | null} whose acts are unfolded */ #open = null;
  /** @type {import('./offered.js').Offer[]} what one can do with everybody */ #offers = [];
  /** @type {(avatar: Avatar) => string[]} small words beside a name */ remarks = () => [];
  /** @type {(avatar: Avatar) => number} in the line of raised hands; 0 for not in it */ placeOf =
    () => 0;

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../world.js').World} world
   * @param {import('../people-menu.js').PeopleMenu} menu
   */
  constructor(sheet, visit, world, menu) {
    this.sheet = sheet;
    this.visit = visit;
    this.world = world;
    this.menu = menu;
    const again = () => this.sheet.name === 'people' && this.#render();
    for (const topic of /** @type {const} */ (['words', 'people'])) visit.on(topic, again);
    menu.onChange(again);
  }

  /** A button below the list. @param {import('./offered.js').Offer} offer */
  offer(offer) {
    this.#offers.push(offer);
    this.menu.changed();
  }

  /** @param {string | null} [id] the avatar whose acts are wanted */
  show(id = null) {
    this.#open = id;
    this.#render();
  }

  #render() {
    const { world, visit } = this;
    const others = [...world.avatars.values()].filter((avatar) => avatar.id !== world.me);
    const line = (/** @type {Avatar} */ one) => this.placeOf(one) || Number.POSITIVE_INFINITY;
    others.sort(
      (a, b) =>
        Math.sign(line(a) - line(b) || 0) || a.name.localeCompare(b.name, visit.words.language),
    );
    this.sheet.open({
      name: 'people',
      title: visit.say('people'),
      body: [
        h(
          'ul.people-list',
          {},
          world.you && h('li', {}, this.#plain(world.you, visit.say('you'))),
          others.map((avatar) => this.#person(avatar)),
        ),
        h('div.people-acts', {}, offered('button.second', this.#offers, visit.words)),
      ],
    });
  }

  /** @param {Avatar} avatar @param {string} [aside] */
  #plain(avatar, aside) {
    return h('p.person', { testid: `person-${avatar.id}` }, this.#name(avatar, aside));
  }

  /** @param {Avatar} avatar @param {string} [aside] */
  #name(avatar, aside) {
    const place = this.placeOf(avatar);
    return [
      h('span.person-dot', { style: { '--swatch': avatar.color } }),
      h('span.person-name', {}, avatar.name),
      aside && h('span.soft', {}, aside),
      ...this.remarks(avatar).map((remark) => h('span.remark', {}, remark)),
      place > 0 && h('span.hand-up', { testid: `hand-${avatar.id}` }, icon('hand'), String(place)),
    ];
  }

  /** @param {Avatar} avatar */
  #person(avatar) {
    const offers = this.menu.offersFor(avatar);
    if (offers.length === 0) return h('li', {}, this.#plain(avatar));
    const open = this.#open === avatar.id;
    const acts = `acts-${avatar.id}`;
    return h(
      'li',
      {},
      h(
        'button.person',
        {
          'aria-expanded': String(open),
          'aria-controls': acts,
          testid: `person-${avatar.id}`,
          onclick: () => this.show(open ? null : avatar.id),
        },
        this.#name(avatar),
        icon('unfold'),
      ),
      h(
        'div.person-acts',
        {
          id: acts,
          hidden: !open,
          role: 'group',
          'aria-label': this.visit.say('person_acts', { name: avatar.name }),
        },
        offers.map((offer) => this.#act(offer, avatar)),
      ),
    );
  }

  /** @param {import('../people-menu.js').PersonOffer} offer @param {Avatar} avatar */
  #act({ id, label, icon: symbol, pressed, act }, avatar) {
    const key = typeof label === 'string' ? label : label(avatar);
    return h(
      'button.second',
      {
        'aria-pressed': pressed ? String(pressed(avatar)) : null,
        testid: `${id}-${avatar.id}`,
        onclick: () => act(avatar),
      },
      symbol && icon(symbol),
      this.visit.say(key, { name: avatar.name }),
    );
  }
}
