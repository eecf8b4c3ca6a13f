// Coming in, and bringing others: full rooms, codes, another device.

import { ProblemError } from '../api.js';
import { codesIn, headingOf, typed } from '../codes.js';
import { addIcons, h } from '../dom.js';
import { seatAgain, wasReloaded } from '../kept-seat.js';
import { thisTab } from '../memory.js';
import { Lobby } from '../ui/lobby.js';
import { SharePanel } from '../ui/share-panel.js';

addIcons({
  invite:
    'M10 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 19c.3-3.300 2.700-5 6-5 1.400 0 2.700.3 3.700 1M18 14v6M15 17h6',
  eye: 'M3 12c2.300-4 5.300-6 9-6s6.700 2 9 6c-2.300 4-5.300 6-9 6s-6.700-2-9-6zM12 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  copy: 'M9 9h10v11H9zM6 15H5V4h10v2',
  devices: 'M4 17V6h13M3 17h9M14 10h6v10h-6zM16.500 17.500h1',
});

/** @typedef {{showroom: string, code: string, visit?: any}} Found where a code leads */

/** @param {import('../features.js').House} house */
export function install(house) {
  const { showroomId, api, visit, world, connection, hearing, presence, bar, debug } = house;
  const { notices, welcome, controls, sheet, attempt } = house;
  let code = '';
  let room = '';

  // ---- codes ----

  /** @param {string} text @returns {Promise<string>} a key of the texts, or nothing when all is well */
  async function useCode(text) {
    return go(await meaningOf(text));
  }
  welcome.codes.use = useCode;

  /** @param {Found | string} found @returns {Promise<string>} */
  async function go(found) {
    if (typeof found === 'string') return found;
    if (found.showroom !== showroomId) {
      if (found.visit) thisTab.remember('continued', found.visit);
      const { showroom } = found;
      location.assign(
        `/?${new URLSearchParams({ room: showroom, ...(found.code && { code: found.code }) })}`,
      );
      return '';
    }
    if (found.visit) await goOn(found.visit);
    else invited(found.code);
    return '';
  }

  /**
   * A visitor has one field for both kinds: rooms first, for looking does not use them up.
   *
   * @param {string} text
   * @returns {Promise<Found | string>} a key of the texts says why there is none
   */
  async function meaningOf(text) {
    const wanted = typed(text);
    if (!wanted) return 'code_wrong';
    try {
      return await api.call(`/api/codes/${wanted}`);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 404) return reason(error);
    }
    return visitOf(wanted);
  }

  /** @param {string} secret @returns {Promise<Found | string>} */
  async function visitOf(secret) {
    try {
      const visit = await api.post(`/api/handovers/${secret}`, {});
      return { showroom: visit.showroom, code: '', visit };
    } catch (error) {
      return reason(error);
    }
  }

  /** @param {string} good */
  function invited(good) {
    visit.wish = { code: good };
    welcome.invite('code_good');
  }

  /** A visit that began on another device. @param {any} continued */
  async function goOn(continued) {
    visit.adopt(continued);
    welcome.setName(continued.person);
    await connection.open();
  }

  visit.onLostCode = () => notices.say(visit.say('code_unknown'), 'sorry');

  // ---- the way in that the address names ----

  const brought = codesIn(location);
  const continued = thisTab.recall('continued');
  thisTab.remember('continued', null);
  const kept = seatAgain(thisTab.recall('seat'), {
    reloaded: wasReloaded(),
    showroom: showroomId,
    person: visit.identity?.personId ?? '',
  });
  if (kept) visit.carry(kept);
  if (continued) goOn(continued);
  else if (brought.visit) offerToGoOn(brought.visit);
  else if (brought.room) tryCode(brought.room);

  /** @param {string} secret */
  function offerToGoOn(secret) {
    history.replaceState(history.state, '', location.pathname + location.search);
    welcome.ask('continue_here', 'continue_go', async () => go(await visitOf(secret)));
  }

  /** @param {string} text */
  async function tryCode(text) {
    const wanted = typed(text);
    const found = wanted && (await api.call(`/api/codes/${wanted}`).catch(() => null));
    if (found && found.showroom === showroomId) invited(found.code);
    else welcome.invite('code_unknown', true);
  }

  // ---- watching ----

  const place = h('div', { id: 'lobby', role: 'status' });
  document.body.append(place);
  const lobby = new Lobby(place, visit, () => {
    if (lobby.turn?.ticket) return sitDown();
    visit.wish = { room };
    connection.open();
  });
  const send = presence.send;
  presence.send = (bytes) => {
    if (!lobby.watching) send(bytes);
  };

  /** @param {any} message a welcome, or a resumed */
  function arrived(message) {
    const before = lobby.watching;
    const watching = message.you.index === null;
    room = message.room;
    code = message.door?.code || code;
    lobby.set(watching, message.door?.seat ?? null);
    if (before && !watching) notices.say(visit.say('seated'));
    // Whoever is brought back later is brought back into this room.
    visit.wish = watching ? { room, watch: !lobby.turn } : { room };
    const person = visit.identity?.personId ?? '';
    const { resume } = message;
    thisTab.remember('seat', { resume, url: visit.url, showroom: showroomId, person });
    recount();
    bar.show();
    sitDownWhenLooking();
  }

  function sitDown() {
    const turn = lobby.turn;
    if (!turn?.ticket) return;
    lobby.set(true, { ...turn, ticket: null });
    controls.enabled = false; // the welcome shows one to one's own place at the entrance
    connection.take({ ticket: turn.ticket, url: turn.url ?? visit.url });
  }

  /** Nobody takes a seat in a window that is not looked at: somebody else may be waiting. */
  function sitDownWhenLooking() {
    if (document.visibilityState === 'visible') sitDown();
  }

  function recount() {
    if (lobby.watching) bar.setPeople(world.avatars.size);
  }

  hearing.on('welcome', (message) => {
    arrived(message);
    const place = visit.takePlace();
    if (!place) return;
    const [x, , z] = place.position;
    controls.stand({ x, z }, headingOf(place.rotation));
  });
  hearing.on('resumed', arrived);
  hearing.on('seat', (turn) => {
    lobby.set(true, turn);
    sitDownWhenLooking();
  });
  for (const name of ['joined', 'left']) hearing.on(name, recount);
  document.addEventListener('visibilitychange', sitDownWhenLooking);

  // ---- another device ----

  hearing.on('ended', ({ type }) => {
    // Who moved may come back to the same place; whom the house sent out may not.
    if (type === 'kicked' || type === 'banned') thisTab.remember('seat', null);
    if (type !== 'moved-to-another-device') return;
    queueMicrotask(() => notices.banner(null)); // the card says it in the visitor's language
    sheet.close();
    document.body.classList.add('moved');
    welcome.trouble('moved', {
      label: visit.say('come_back'),
      act: () => location.reload(), // which comes back to the same avatar: see kept-seat.js
    });
  });

  // ---- bringing others ----

  const panel = new SharePanel(sheet, visit, {
    code: () => code,
    mayMove: () => world.you?.role === 'shopper',
    handOver: async () => {
      /** @type {any} */ let made = null;
      const asked = api.post('/api/handovers', { room, avatar_id: world.me });
      await attempt(asked.then((answer) => (made = answer)));
      return made;
    },
    say: (key) => notices.say(visit.say(key)),
  });
  bar.offer({ id: 'share', icon: 'invite', label: 'share', act: () => panel.show() });

  debug.extend('door', () => ({ code, room, watching: lobby.watching, turn: lobby.turn }));
}

/** @param {unknown} error @returns {string} a key of the texts */
function reason(error) {
  if (!(error instanceof ProblemError)) return 'away';
  return error.status === 429 ? 'code_many' : 'code_unknown';
}
