// The page for operators: rooms and their load, who is in one, what was reported.

import { Api, ProblemError } from '../api.js';
import { showLogin } from '../desk/login.js';
import { h, refill } from '../dom.js';
import { chooseLanguage, Words } from '../i18n.js';
import { recall, remember } from '../memory.js';
import { Notices } from '../ui/notices.js';
import { busyOf, loadOf } from './load.js';
import { reportCard } from './report-card.js';
import { ROOM_TEXTS } from './texts.js';

const EVERY_MS = 2000;
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const api = new Api();
const place = byId('desk');
const notices = new Notices(byId('notices'), byId('banner'));
const words = new Words(recall('language') ?? chooseLanguage(navigator.languages), ROOM_TEXTS);
document.documentElement.lang = words.language;

/** @type {{token: string, name: string} | null} the desk's: one sign-in for both */
let staff = recall('staff');
/** @type {import('./load.js').Reading | null} */ let before = null;
/** @type {import('./load.js').Reading | null} */ let now = null;
/** @type {string | null} whose people are shown */ let chosen = null;
/** @type {any[]} */ let people = [];
/** @type {any[]} */ let reports = [];
/** @type {string | null} avatar that is about to be sent out */ let sure = null;
let reason = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

/** @param {string} login @param {string} password */
async function signIn(login, password) {
  const session = await api.post('/api/sessions/staff', { login, password });
  if (session.person.role !== 'staff') {
    throw new ProblemError({ type: 'not-staff', title: words.say('not_staff'), status: 403 });
  }
  staff = { token: session.token, name: session.person.name };
  remember('staff', staff);
  await open();
}

/** @param {string} [notice] */
function signOut(notice = '') {
  clearTimeout(timer);
  staff = null;
  api.token = null;
  remember('staff', null);
  showLogin({ place, words, notice, languages: h('span'), signIn });
}

async function open() {
  if (!staff) return signOut();
  api.token = staff.token;
  place.replaceChildren(
    h('header.top', {}, h('p.mark', {}, 'Vitrine', h('span', {}, words.say('desk')))),
    h('main.rooms', {}, h('section', { id: 'list' }), h('section', { id: 'reports' })),
  );
  await look();
}

/** Reads everything again, soon and for as long as the page is open. */
async function look() {
  clearTimeout(timer);
  try {
    const [found, open] = await Promise.all([
      api.call('/api/rooms'),
      api.call('/api/reports?status=open'),
    ]);
    [before, now, reports] = [now, found, open.items];
    people = chosen ? await whoIsIn(chosen) : [];
    notices.banner(null);
    draw();
  } catch (error) {
    if (error instanceof ProblemError && [401, 403].includes(error.status)) {
      return signOut(words.say('session_over'));
    }
    notices.banner(words.say('lost'));
  }
  timer = setTimeout(look, EVERY_MS);
}

/** @param {string} room @returns {Promise<any[]>} nobody when it has closed */
async function whoIsIn(room) {
  try {
    return (await api.call(`/api/rooms/${encodeURIComponent(room)}`)).people;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return [];
    throw error;
  }
}

function draw() {
  if (!now) return;
  refill(byId('list'), h('p.soft.server', { testid: 'server' }, serverLine()), rooms(), inRoom());
  refill(
    byId('reports'),
    h('h2', {}, words.say('reports')),
    reports.length > 0
      ? h('ul.reports', {}, ...reports.map((one) => reportCard(one, words, () => close(one.id))))
      : h('p.soft', {}, words.say('no_reports')),
  );
}

function serverLine() {
  if (!now) return '';
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

const COLUMNS = ['room', 'people', 'watching', 'helps', 'poses', 'frame', 'late', 'behind'];

function rooms() {
  if (!now || now.items.length === 0) return h('p.empty', {}, words.say('no_rooms'));
  return h(
    'div.scroll',
    {},
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...COLUMNS.map((name) => h('th', {}, words.say(name))))),
      h('tbody', {}, ...now.items.map(row)),
    ),
  );
}

/** @param {any} room */
function row(room) {
  const load = now && loadOf(room, now, before);
  const number = (/** @type {number | undefined} */ value, /** @type {string} */ unit) =>
    value === undefined
      ? '–'
      : `${value.toLocaleString(words.language, { maximumFractionDigits: 2 })} ${unit}`;
  return h(
    'tr',
    { testid: `room-${room.room}`, 'aria-selected': String(room.room === chosen) },
    h(
      'td',
      {},
      h(
        'button.link',
        { testid: `open-${room.room}`, onclick: () => choose(room.room) },
        room.node ? `${room.room} (${room.node})` : room.room,
      ),
    ),
    h('td', {}, `${room.avatars} / ${room.capacity}`),
    h('td', {}, String(room.watching)),
    h(`td${room.helps > 0 ? '.urgent' : ''}`, {}, String(room.helps)),
    h('td', {}, number(load ? load.bytes / 1000 : undefined, 'kB/s')),
    h('td', {}, number(load?.tickMs, 'ms')),
    h('td', {}, number(load?.lateMs, 'ms')),
    h('td', {}, load ? String(load.skipped) : '–'),
  );
}

/** @param {string} room */
async function choose(room) {
  chosen = room === chosen ? null : room;
  sure = null;
  await look();
}

function inRoom() {
  if (!chosen) return h('div');
  return h(
    'div.in-room',
    {},
    h('h2', {}, `${words.say('who')}: ${chosen}`),
    h('ul', {}, ...people.map(person)),
  );
}

/** @param {any} one */
function person({ avatar, name, role, silenced }) {
  const asked = sure === avatar;
  const act = () => {
    if (asked) return sendOut(avatar, name);
    [sure, reason] = [avatar, ''];
    draw();
  };
  return h(
    'li',
    { testid: `person-${avatar}` },
    h('span.person-name', {}, name),
    h('span.soft', {}, silenced ? `${role}, ${words.say('silenced')}` : role),
    asked &&
      h('input', {
        'aria-label': words.say('reason'),
        placeholder: words.say('reason'),
        maxLength: 200,
        value: reason,
        testid: 'kick-reason',
        oninput: (/** @type {any} */ event) => {
          reason = event.target.value;
        },
      }),
    role === 'shopper' &&
      h(
        'button.second',
        { testid: `kick-${avatar}`, onclick: act },
        words.say(asked ? 'send_out_sure' : 'send_out', { name }),
      ),
  );
}

/** @param {string} avatar @param {string} name */
async function sendOut(avatar, name) {
  const told = new URLSearchParams({ reason });
  const path = `/api/rooms/${encodeURIComponent(chosen ?? '')}/avatars/${avatar}?${told}`;
  await tell(api.call(path, { method: 'DELETE' }), words.say('sent_out', { name }));
  sure = null;
  await look();
}

/** @param {string} id */
async function close(id) {
  await tell(api.post(`/api/reports/${id}/close`, undefined), words.say('closed_report'));
  await look();
}

/** @param {Promise<unknown>} work @param {string} done */
async function tell(work, done) {
  try {
    await work;
    notices.say(done);
  } catch (error) {
    notices.say(error instanceof ProblemError ? error.message : words.say('failed'), 'sorry');
  }
}

open();
