// Inviting into a room: for a role and a time, as a code to read aloud, a link and a QR picture.

import { grouped } from '../codes.js';
import { h } from '../dom.js';

const ROLES = ['shopper', 'watcher', 'designer', 'moderator']; // what staff may invite to
const HOUR = 60;
const TIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR]; // minutes

/**
 * @typedef {object} Code an invitation, as the server tells it
 * @property {string} code @property {string} url @property {string} room
 * @property {string | null} role @property {string | null} expires_at
 */

export class Invite {
  #room = '';
  #role = ROLES[0];
  #minutes = TIMES[1];
  /** @type {Code | null} the one that was made last */ #made = null;

  /**
   * @param {object} acts
   * @param {(room: string, wish: {role: string, minutes: number}) => Promise<Code | null>} acts.make
   *   null when it was refused, and was said so
   * @param {(text: string) => unknown} acts.copy
   * @param {() => unknown} acts.changed
   */
  constructor(acts) {
    this.acts = acts;
  }

  /**
   * @param {string[]} rooms that one may choose @param {import('../i18n.js').Words} words
   * @returns {HTMLElement[]}
   */
  draw(rooms, words) {
    if (!rooms.includes(this.#room)) this.#room = rooms[0] ?? '';
    return [
      h('h2', {}, words.say('invite')),
      h('p.soft', {}, words.say('invite_lead')),
      this.#form(rooms, words),
      ...(this.#made ? [this.#ticket(this.#made, words)] : []),
    ];
  }

  /** @param {string[]} rooms @param {import('../i18n.js').Words} words */
  #form(rooms, words) {
    return h(
      'form.invite',
      {
        testid: 'invite',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.#make();
        },
      },
      this.#choice('room', words.say('room'), rooms, this.#room, (room) => {
        this.#room = room;
      }),
      this.#choice(
        'role',
        words.say('invite_as'),
        ROLES,
        this.#role,
        (role) => {
          this.#role = role;
          this.acts.changed();
        },
        (role) => words.say(`as_${role}`),
      ),
      this.#choice(
        'minutes',
        words.say('invite_for'),
        TIMES.map(String),
        String(this.#minutes),
        (minutes) => {
          this.#minutes = Number(minutes);
        },
        (minutes) => words.say(`minutes_${minutes}`),
      ),
      h('button.primary', { type: 'submit', testid: 'invite-make' }, words.say('invite_make')),
      h('p.soft.hint', {}, words.say(`hint_${this.#role}`)),
    );
  }

  /**
   * @param {string} name @param {string} label @param {string[]} values @param {string} chosen
   * @param {(value: string) => void} choose @param {(value: string) => string} [say]
   */
  #choice(name, label, values, chosen, choose, say = (value) => value) {
    return h(
      'label',
      {},
      h('span', {}, label),
      h(
        'select.choice',
        {
          testid: `invite-${name}`,
          onchange: (/** @type {any} */ event) => choose(event.target.value),
        },
        values.map((value) => h('option', { value, selected: value === chosen }, say(value))),
      ),
    );
  }

  async #make() {
    const made = await this.acts.make(this.#room, { role: this.#role, minutes: this.#minutes });
    if (made) this.#made = made;
    this.acts.changed();
  }

  /** @param {Code} made @param {import('../i18n.js').Words} words */
  #ticket({ code, url, room, role, expires_at }, words) {
    return h(
      'div.invitation',
      { testid: 'invitation' },
      h('img.qr', {
        src: `/api/codes/${code}/qr.svg`,
        alt: words.say('invite_qr'),
        testid: 'invite-qr',
      }),
      h(
        'div',
        {},
        h('p.code', { testid: 'invite-code', 'aria-label': [...code].join(' ') }, grouped(code)),
        h('p', {}, `${room} · ${words.say(`as_${role ?? 'shopper'}`)}`),
        expires_at &&
          h('p.soft', {}, words.say('invite_until', { at: words.dateTime(expires_at) })),
        h('p.soft.address', { testid: 'invite-url' }, url.replace(/^https?:\/\//, '')),
        h(
          'button.second',
          { testid: 'invite-copy', onclick: () => this.acts.copy(url) },
          words.say('invite_copy'),
        ),
      ),
    );
  }
}
