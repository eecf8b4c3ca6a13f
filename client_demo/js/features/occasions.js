// Occasions: visits that are planned, with a host and a stage; and those that were, again.

import { addIcons, h, icon } from '../dom.js';
import { Replay, recording } from '../replay.js';
import { OccasionsPanel } from '../ui/occasions-panel.js';

const HOSTS = ['staff', 'designer'];
const SHOWN = ['scheduled', 'open', 'live', 'ended'];
const MOST_PAGES = 5; // of 200
const STEP_MS = 100; // of a replay's slider

/** @param {import('../features.js').House} house */
export function install(house) {
  const { api, visit, world, connection, hearing, bar, notices, sheet, attempt, showroomId } =
    house;
  addIcons({
    calendar: 'M4.500 6.500h15v13h-15zM4.500 10.500h15M8.500 4v4M15.500 4v4',
    play: 'M8 5.500v13l10-6.500z',
    pause: 'M8.500 5.500v13M15.500 5.500v13',
  });
  const query = new URLSearchParams(location.search);
  const own = query.get('occasion');
  const again = query.get('replay');
  const at = (/** @type {string} */ id, rest = '') =>
    `/api/occasions/${encodeURIComponent(id)}${rest}`;
  /** From this room into another, for good. @param {Record<string, string>} to */
  const go = async (to) => {
    await connection.leave();
    // The browser's own way back may show this very page, which is in no room any more.
    window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
    location.assign(`/?${new URLSearchParams({ room: showroomId, ...to })}`);
  };

  const panel = new OccasionsPanel(sheet, visit, {
    showroom: showroomId,
    hosts: () => HOSTS.includes(world.you?.role ?? ''),
    list: async () => {
      const lists = await Promise.all(SHOWN.map((status) => all(api, showroomId, status)));
      const start = (/** @type {any} */ { occasion }) => Date.parse(occasion.starts_at);
      return lists.flat().sort((one, other) => start(one) - start(other));
    },
    enter: (id) => go({ occasion: id }),
    replay: (id) => go({ replay: id }),
    act: (id, action) => attempt(api.post(at(id, `/${action}`), {})),
    plan: (plan) => attempt(api.post('/api/occasions', plan)),
  });
  bar.offer({
    id: 'occasions',
    icon: 'calendar',
    label: 'occasions',
    act: () => attempt(panel.show()),
  });

  /** @type {any} */ let present = null;
  const tell = () => present?.recorded && notices.banner(visit.say('occasion_recorded_now'));
  hearing.on('welcome', ({ voice }) => {
    present = voice?.occasion ?? null;
    tell();
  });
  hearing.on('resumed', tell);
  hearing.on('announced', ({ occasion }) => {
    if (present?.recorded) notices.banner(null);
    const changed = occasion && occasion.status !== present?.status;
    present = occasion;
    tell();
    if (changed) {
      const title = visit.words.pick(occasion.title);
      notices.say(visit.say(`occasion_now_${occasion.status}`, { title }));
    }
    panel.refresh().catch(() => {}); // the list is opened again by hand
  });
  house.debug.extend('occasion', () => present);

  if (own) connection.join = () => api.post(at(own, '/join'), {});
  if (again) connection.open = () => attempt(replay(house, again)).then(() => {});
}

/** @param {import('../api.js').Api} api @param {string} showroom @param {string} status */
async function all(api, showroom, status) {
  const found = [];
  let after = '';
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ showroom, status, limit: '200', ...(after && { after }) });
    const { items, next } = await api.call(`/api/occasions?${query}`);
    found.push(...items);
    if (!next) break;
    after = next;
  }
  return found;
}

/** Instead of a room: what was recorded there. @param {import('../features.js').House} house @param {string} id */
async function replay(house, id) {
  const { api, visit, hearing, avatars, stage, bar, world } = house;
  // Who looks at it again is not among those who were there.
  for (const name of ['welcome', 'joined', 'left']) {
    hearing.on(name, () => bar.setPeople(world.avatars.size));
  }
  const lines = await recording((path) => api.call(path), id);
  const told = new Replay(lines, {
    snapshot: (snapshot) => hearing.welcome(asWelcome(snapshot, visit)),
    hear: (event, body) => hearing.message(event, body),
    poses: (frame) => avatars.receive(frame),
  });
  const button = h('button.round', { testid: 'replay-play', onclick: () => toggle() });
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: Math.ceil(told.length / STEP_MS) * STEP_MS,
    step: STEP_MS,
    value: 0,
    'aria-label': visit.say('occasion_replay'),
    testid: 'replay-at',
    oninput: () => told.seek(Number(slider.value), performance.now()),
  });
  document.body.append(h('div.replay', { testid: 'replay' }, button, slider));
  document.body.classList.add('replaying');
  const show = () => {
    const text = visit.say(told.playing ? 'occasion_pause' : 'occasion_play');
    button.setAttribute('aria-label', text);
    button.replaceChildren(icon(told.playing ? 'pause' : 'play'));
  };
  const toggle = () => {
    const now = performance.now();
    if (told.playing) told.pause(now);
    else told.play(now);
    stage.wake();
    show();
  };
  let looked = 0;
  stage.parts.push({
    update: () => {
      const now = performance.now();
      const was = told.playing;
      told.update(now);
      if (was !== told.playing) show();
      if (was === told.playing && (!was || now - looked < 250)) return;
      looked = now;
      slider.value = String(told.at(now));
    },
  });
  house.debug.extend('replay', () => ({
    length: told.length,
    at: told.at(performance.now()),
    playing: told.playing,
  }));
  if (lines.length === 0) house.notices.say(visit.say('occasion_replay_empty'), 'sorry');
  told.seek(0, performance.now());
  toggle();
}

/**
 * A snapshot has what a visitor sees; whoever looks at it again has nothing there, and stands where
 * nobody came in.
 *
 * @param {any} snapshot @param {import('../visit.js').Visit} visit
 */
function asWelcome(snapshot, visit) {
  const name = visit.identity?.name ?? '';
  const taken = new Set(snapshot.avatars?.map((/** @type {any} */ avatar) => avatar.index));
  let index = 0;
  while (taken.has(index)) index++;
  return {
    epoch: '',
    ...snapshot,
    you: { avatar_id: 'replay', index, name, role: 'watcher', color: '#8a6f5a' },
    cart: { lines: visit.lines },
    display: {},
    together: { hands: [], following: {}, helps: [] },
    safety: { muted: [], hidden: [], blocked: [], veiled: [], silenced: [] },
    voice: { mode: 'off', call: [], mics: [], stage: [], occasion: null },
    pace: {},
    door: { code: '', watching: 0, waiting: 0, seat: null },
  };
}
