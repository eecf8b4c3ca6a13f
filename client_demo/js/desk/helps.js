// Who waits for a human in a room: above the orders, with a way there.

import { h } from '../dom.js';

const MINUTES = 10; // an invitation into the room is good for
const MINUTE_MS = 60_000;

/**
 * @typedef {object} Call
 * @property {string} showroom @property {string} room @property {string} avatar
 * @property {string} name @property {string} text @property {number} at ms since 1970
 * @property {number} guides of the house in that room
 */

/** @param {number} at ms @param {number} now ms @returns {number} whole minutes, never below none */
export function minutesSince(at, now) {
  return Math.max(0, Math.floor((now - at) / MINUTE_MS));
}

/**
 * @param {readonly Call[]} before @param {readonly Call[]} now
 * @returns {Call[]} who did not wait yet
 */
export function newCalls(before, now) {
  const known = new Set(before.map(({ room, avatar }) => `${room} ${avatar}`));
  return now.filter(({ room, avatar }) => !known.has(`${room} ${avatar}`));
}

/**
 * An invitation for whoever goes there: they come in as a guide, and the call waits for them.
 *
 * @param {import('../api.js').Api} api @param {string} room
 * @returns {Promise<string>} the address. Throws ProblemError, Unreachable.
 */
export async function wayInto(api, room) {
  const wish = { role: 'moderator', minutes: MINUTES };
  const { code } = await api.post(`/api/rooms/${encodeURIComponent(room)}/codes`, wish);
  return `/j/${code}`;
}

/**
 * @param {readonly Call[]} calls the longest waiting first @param {import('../i18n.js').Words} words
 * @param {(call: Call) => unknown} go @returns {HTMLElement | false}
 */
export function helpList(calls, words, go) {
  if (calls.length === 0) return false;
  return h(
    'section.waiting',
    { 'aria-label': words.say('helps_title'), testid: 'helps' },
    h('h2', {}, words.say('helps_title'), h('span.number', {}, String(calls.length))),
    h('ul', {}, ...calls.map((call) => row(call, words, go))),
  );
}

/** @param {Call} call @param {import('../i18n.js').Words} words @param {(call: Call) => unknown} go */
function row(call, words, go) {
  const { name, text, room, at, guides, avatar } = call;
  const minutes = minutesSince(at, Date.now());
  return h(
    guides > 0 ? 'li.attended' : 'li',
    { testid: `help-${avatar}` },
    h(
      'p',
      {},
      h('strong', {}, name),
      h(
        'span.soft',
        {},
        [
          room,
          words.say(minutes < 1 ? 'helps_now' : 'helps_minutes', { n: minutes }),
          guides > 0 ? words.say('helps_attended') : words.say('helps_alone'),
        ].join(' · '),
      ),
      text && h('q', {}, text),
    ),
    h('button.primary', { testid: `go-${avatar}`, onclick: () => go(call) }, words.say('helps_go')),
  );
}
