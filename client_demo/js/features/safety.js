// Keeping others at a distance: a bubble of one's own, mute, hide, block, report; and what the house
// may do for everybody.

import { Vector3 } from 'three';
import { opacity, radiusOf } from '../bubble.js';
import { addIcons } from '../dom.js';
import { recall, remember } from '../memory.js';
import { ComfortPanel } from '../ui/comfort-panel.js';
import { ReportForm } from '../ui/report-form.js';

/** @typedef {import('../features.js').House} House */
/** @typedef {import('../world.js').Avatar} Avatar */

const ICONS = {
  mute: 'M4 9v6h4l5 4V5L8 9zM16 9l5 6M21 9l-5 6',
  hide: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM4 4l16 16',
  block: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.6 5.6l12.8 12.8',
  report: 'M5 21V4M5 4h12l-2.5 4L17 12H5',
  silence:
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4M4 4l16 16',
  kick: 'M14 4h5v16h-5M15 12H4M8 8l-4 4 4 4',
  comfort: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z',
};
const MODERATORS = ['staff', 'moderator', 'operator'];
const OF_THE_HOUSE = [...MODERATORS, 'designer'];

/** @param {House} house */
export function install(house) {
  const { world, shield, hearing, avatars, visit, notices, peopleMenu, debug } = house;
  addIcons(ICONS);
  const panel = distance(house);
  offers(house, panel);
  moderation(house);
  const changed = () => {
    avatars.veil(shield.veiled);
    peopleMenu.changed();
    panel.again();
  };
  for (const name of ['welcome', 'shielded', 'joined', 'left']) hearing.on(name, changed);
  hearing.on('silenced', ({ avatar, on }) => {
    if (avatar === world.me) notices.say(visit.say(on ? 'you_are_silenced' : 'you_may_speak'));
    peopleMenu.changed();
  });
  hearing.on('ended', (problem) => {
    if (!['kicked', 'banned'].includes(problem?.type)) return;
    const until = new Date(problem.until);
    const time = until.toLocaleTimeString(visit.words.language, { timeStyle: 'short' });
    const text = visit.say('sent_out', { time, reason: problem.reason ?? '' });
    queueMicrotask(() => notices.banner(text)); // in the visitor's words, after the server's own
  });
  debug.extend('shield', () => ({
    muted: [...shield.muted],
    hidden: [...shield.hidden],
    blocked: [...shield.blocked],
    veiled: [...shield.veiled],
    silenced: [...shield.silenced],
  }));
}

/** The bubble, and the panel in which it is set. @param {House} house */
function distance(house) {
  const { stage, avatars, sheet, visit, world, shield, ask, attempt, peoplePanel, debug } = house;
  let radius = radiusOf(recall('bubble'));
  const eye = new Vector3();
  const head = new Vector3();
  stage.parts.push({
    update() {
      eye.setFromMatrixPosition(stage.camera.matrixWorld);
      for (const id of avatars.people.keys()) {
        if (!avatars.headOf(id, head)) continue;
        avatars.opacity(id, opacity(Math.hypot(head.x - eye.x, head.z - eye.z), radius));
      }
    },
  });
  const panel = new ComfortPanel(sheet, visit, world, shield, {
    radius: () => radius,
    setRadius: (metres) => {
      radius = radiusOf(metres);
      remember('bubble', radius);
      stage.wake();
    },
    keep: (kind, avatar, on) => attempt(ask(kind, { avatar, on })),
  });
  peoplePanel.offer({
    id: 'comfort',
    icon: 'comfort',
    label: 'comfort',
    act: () => panel.show(),
  });
  debug.extend('bubble', () => radius);
  return panel;
}

/** What one can do with each of the others. @param {House} house @param {ComfortPanel} panel */
function offers({ peopleMenu, shield, sheet, visit, notices, ask, attempt }, panel) {
  /** @type {['mute' | 'hide' | 'block', 'muted' | 'hidden' | 'blocked'][]} */
  const kinds = [
    ['mute', 'muted'],
    ['hide', 'hidden'],
    ['block', 'blocked'],
  ];
  for (const [kind, list] of kinds) {
    peopleMenu.offer({
      id: kind,
      icon: kind,
      label: ({ id }) => (shield[list].has(id) ? `un${kind}` : kind),
      pressed: ({ id }) => shield[list].has(id),
      act: async ({ id, name }) => {
        const on = !shield[list].has(id);
        if (!(await attempt(ask(kind, { avatar: id, on }))) || !on) return;
        notices.say(visit.say(`is_${kind}`, { name }));
        panel.again();
      },
    });
  }
  const form = new ReportForm(
    sheet,
    visit,
    async (message) => {
      /** @type {any} */ let answer = null;
      const sent = ask('report', message).then((found) => {
        answer = found;
      });
      return (await attempt(sent)) ? answer : null;
    },
    (avatar) => attempt(ask('block', { avatar: avatar.id, on: true })),
  );
  peopleMenu.offer({
    id: 'report',
    icon: 'report',
    label: 'report',
    act: (avatar) => form.show(avatar),
  });
}

/** For staff and moderators. @param {House} house */
function moderation({ peopleMenu, world, shield, visit, notices, ask, attempt }) {
  const may = (/** @type {Avatar} */ { role }) =>
    MODERATORS.includes(world.you?.role ?? '') && !OF_THE_HOUSE.includes(role);
  /** @type {string | null} who is asked about, once more */ let sure = null;
  peopleMenu.offer({
    id: 'silence',
    icon: 'silence',
    shown: may,
    label: ({ id }) => (shield.silenced.has(id) ? 'unsilence' : 'silence'),
    pressed: ({ id }) => shield.silenced.has(id),
    act: ({ id }) => attempt(ask('silence', { avatar: id, on: !shield.silenced.has(id) })),
  });
  peopleMenu.offer({
    id: 'kick',
    icon: 'kick',
    shown: may,
    label: ({ id }) => (sure === id ? 'kick_sure' : 'kick'),
    act: async ({ id, name }) => {
      if (sure !== id) {
        sure = id;
        return peopleMenu.changed();
      }
      sure = null;
      if (await attempt(ask('kick', { avatar: id }))) notices.say(visit.say('kicked', { name }));
      peopleMenu.changed();
    },
  });
}
