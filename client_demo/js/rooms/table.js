// The rooms that are open, with their load, as a table; and the server in one line.

import { h } from '../dom.js';
import { busyOf, loadOf } from './load.js';

const COLUMNS = ['room', 'people', 'watching', 'helps', 'poses', 'frame', 'late', 'behind'];

/** @typedef {import('./load.js').Reading} Reading */
/**
 * @typedef {object} Shown
 * @property {Reading} now @property {Reading | null} before
 * @property {string | null} chosen room @property {import('../i18n.js').Words} words
 * @property {(room: string) => unknown} choose
 */

/** @param {Reading} now @param {Reading | null} before @param {import('../i18n.js').Words} words */
export function serverLine(now, before, words) {
  const { server, items } = now;
  const busy = busyOf(now, before);
  const share = busy?.toLocaleString(words.language, { style: 'percent' }) ?? '';
  return (
    words.say('server_line', {
      rooms: items.length,
      sockets: server.sockets,
      memory: Math.round(server.memory_bytes / 1e6),
      hz: server.pace_hz,
    }) + (share ? words.say('server_busy', { share }) : '')
  );
}

/** @param {Shown} shown */
export function roomTable(shown) {
  const { now, words } = shown;
  if (now.items.length === 0) return h('p.empty', {}, words.say('no_rooms'));
  return h(
    'div.scroll',
    {},
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...COLUMNS.map((name) => h('th', {}, words.say(name))))),
      h('tbody', {}, ...now.items.map((room) => row(room, shown))),
    ),
  );
}

/** @param {import('./load.js').Figures} room @param {Shown} shown */
function row(room, { now, before, chosen, words, choose }) {
  const load = loadOf(room, now, before);
  const number = (/** @type {number | undefined} */ value, /** @type {string} */ unit) =>
    value === undefined
      ? '–'
      : `${value.toLocaleString(words.language, { maximumFractionDigits: 2 })} ${unit}`;
  const open = h(
    'button.link',
    { testid: `open-${room.room}`, onclick: () => choose(room.room) },
    room.node ? `${room.room} (${room.node})` : room.room,
  );
  return h(
    'tr',
    { testid: `room-${room.room}`, 'aria-selected': String(room.room === chosen) },
    h('td', {}, open),
    h('td', {}, `${room.avatars} / ${room.capacity}`),
    h('td', {}, String(room.watching)),
    h(`td${room.helps > 0 ? '.urgent' : ''}`, {}, String(room.helps)),
    h('td', {}, number(load ? load.bytes / 1000 : undefined, 'kB/s')),
    h('td', {}, number(load?.tickMs, 'ms')),
    h('td', {}, number(load?.lateMs, 'ms')),
    h('td', {}, load ? String(load.skipped) : '–'),
  );
}
