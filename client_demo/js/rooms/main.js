// The page for operators: rooms and their load, who is in one, what was reported.

import { Api, ProblemError } from '../api.js';
import { Door } from '../desk/door.js';
import { Watch } from '../desk/watch.js';
import { h, refill } from '../dom.js';
import { Notices } from '../ui/notices.js';
import { Invite } from './invite.js';
import { reportCard } from './report-card.js';
import { roomTable, serverLine } from './table.js';
import { ROOM_TEXTS } from './texts.js';

const EVERY_MS = 2000;
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const api = new Api();
const place = byId('desk');
const notices = new Notices(byId('notices'), byId('banner'));

/** @type {import('./load.js').Reading | null} */ let before = null;
/** @type {import('./load.js').Reading | null} */ let now = null;
/** @type {string | null} whose people are shown */ let chosen = null;
/** @type {any[]} */ let people = [];
/** @type {any[]} */ let reports = [];
/** @type {string[]} */ let showrooms = [];
/** @type {string | null} avatar that is about to be sent out */ let sure = null;
let reason = '';

const door = new Door({ api, place, notices, texts: ROOM_TEXTS, opened, closed, spoken });
const watch = new Watch(EVERY_MS, look, {
  reachable: (yes) => notices.banner(yes ? null : door.words.say('lost')),
  signedOut: () => door.sessionOver(),
});
const invite = new Invite({ make: invited, copy, changed: drawInvite });

async function opened() {
  drawPage();
  showrooms = await api.call('/api/showrooms').then(
    ({ items }) => items.map((/** @type {any} */ one) => one.id),
    () => [],
  );
  await watch.start();
}

function closed() {
  watch.stop();
}

function spoken() {
  drawPage();
  draw();
}

function drawPage() {
  const { words } = door;
  place.replaceChildren(
    h(
      'header.top',
      {},
      h('p.mark', {}, 'Vitrine', h('span', {}, words.say('desk'))),
      door.corner(),
    ),
    h(
      'main.rooms',
      {},
      h('section', { id: 'list' }),
      h('section', { id: 'invite' }),
      h('section', { id: 'reports' }),
    ),
  );
  drawInvite();
}

/** Reads everything again, and shows it. */
async function look() {
  const [found, open] = await Promise.all([
    api.call('/api/rooms'),
    api.call('/api/reports?status=open'),
  ]);
  const offered = places();
  [before, now, reports] = [now, found, open.items];
  people = chosen ? await whoIsIn(chosen) : [];
  draw();
  if (offered.join() !== places().join()) drawInvite(); // not while somebody chooses
}

/** Open rooms, and the first of each showroom, which opens for who comes. @returns {string[]} */
function places() {
  const open = now?.items.map(({ room }) => room) ?? [];
  return [...new Set([...showrooms.map((id) => `${id}-1`), ...open])].sort();
}

function drawInvite() {
  const section = document.getElementById('invite');
  if (section) refill(section, ...invite.draw(places(), door.words));
}

/** @param {string} room @param {{role: string, minutes: number}} wish */
async function invited(room, wish) {
  const path = `/api/rooms/${encodeURIComponent(room)}/codes`;
  /** @type {any} */ let made = null;
  const asked = api.post(path, wish).then((answer) => {
    made = answer;
  });
  await tell(asked, door.words.say('invite_made'));
  return made;
}

/** @param {string} text */
async function copy(text) {
  const work = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
  await tell(work, door.words.say('copied'));
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
  const { words } = door;
  refill(
    byId('list'),
    h('p.soft.server', { testid: 'server' }, serverLine(now, before, words)),
    roomTable({ now, before, chosen, words, choose }),
    inRoom(),
  );
  refill(
    byId('reports'),
    h('h2', {}, words.say('reports')),
    reports.length > 0
      ? h('ul.reports', {}, ...reports.map((one) => reportCard(one, words, () => close(one.id))))
      : h('p.soft', {}, words.say('no_reports')),
  );
}

/** @param {string} room */
async function choose(room) {
  chosen = room === chosen ? null : room;
  sure = null;
  await watch.now();
}

function inRoom() {
  const { words } = door;
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
  const { words } = door;
  const called = words.has(`role_${role}`) ? words.say(`role_${role}`) : role;
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
    h('span.soft', {}, silenced ? `${called}, ${words.say('silenced')}` : called),
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
  await tell(api.call(path, { method: 'DELETE' }), door.words.say('sent_out', { name }));
  sure = null;
  await watch.now();
}

/** @param {string} id */
async function close(id) {
  await tell(api.post(`/api/reports/${id}/close`, undefined), door.words.say('closed_report'));
  await watch.now();
}

/** @param {Promise<unknown>} work @param {string} done */
async function tell(work, done) {
  try {
    await work;
    notices.say(done);
  } catch (error) {
    notices.say(error instanceof ProblemError ? error.message : door.words.say('failed'), 'sorry');
  }
}

door.open();
