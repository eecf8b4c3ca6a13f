// Being there together: words, signs, looks, walking with each other, and a human one tap away.

import { Company } from '../company.js';
import { addIcons } from '../dom.js';
import { recall, remember } from '../memory.js';
import { Escort } from '../scene/escort.js';
import { Figures } from '../scene/figures.js';
import { Signs } from '../scene/signs.js';
import { EMOTES, ICONS } from '../signs.js';
import { Talk } from '../talk.js';
import { HelpPanel } from '../ui/help-panel.js';
import { Invitation } from '../ui/invitation.js';
import { LooksPanel } from '../ui/looks-panel.js';
import { Palette } from '../ui/palette.js';
import { TalkPanel } from '../ui/talk-panel.js';

/** @typedef {import('../features.js').House} House */
/** @typedef {import('../world.js').Avatar} Avatar */

const CATCH_UP_MS = 1000; // what one missed is told by then
const WRITING_MS = 1000; // between two looks at who still writes

/** @param {House} house */
export function install(house) {
  addIcons({ ...EMOTES, ...ICONS });
  const company = new Company(house.world);
  words(house);
  signs(house, company);
  walking(house, company);
  help(house, company);
  looks(house);
  returning(house, company);
  house.peoplePanel.placeOf = ({ id }) => company.placeOf(id);
  house.peoplePanel.remarks = ({ id, role }) => remarks(house, company, id, role);
  house.debug.extend('company', () => ({
    hands: [...company.hands],
    following: Object.fromEntries(company.following),
    calls: [...company.calls.values()],
  }));
}

/** @param {House} house @returns {boolean} one is of the house */
const guiding = ({ world }) => (world.you?.role ?? 'shopper') !== 'shopper' && isGuide(world.you);

/** @param {{role?: string} | null} one */
const isGuide = (one) => ['staff', 'designer', 'moderator', 'operator'].includes(one?.role ?? '');

/** @param {House} house @param {Company} company @param {string} id @param {string} role */
function remarks({ visit, world }, company, id, role) {
  const whom = company.following.get(id);
  return [
    isGuide({ role }) ? visit.say('of_the_house') : '',
    whom === world.me && whom ? visit.say('walks_with_you') : '',
    whom && whom !== world.me ? visit.say('walks_with', { name: world.nameOf(whom) }) : '',
    company.calls.has(id) ? visit.say('waits_for_help') : '',
  ].filter(Boolean);
}

// ---- words ----

/** @param {House} house */
function words({
  hearing,
  avatars,
  world,
  shield,
  visit,
  foot,
  sheet,
  ask,
  attempt,
  peopleMenu,
  debug,
}) {
  const talk = new Talk();
  const panel = new TalkPanel(sheet, visit, talk, world, (id) => {
    sheet.close();
    foot.speakTo(world.avatars.get(id) ?? null);
  });
  foot.acts.say = (text, to) => attempt(ask('say', to ? { text, to } : { text }));
  foot.acts.typing = (on, to) => {
    ask('typing', to ? { on, to } : { on }).catch(() => {}); // a sign, no more
  };
  foot.offer({
    id: 'talk',
    icon: 'talk',
    label: () => (talk.unread > 0 ? 'talk_unread' : 'talk'),
    pressed: () => talk.unread > 0,
    shown: () => talk.lines.length > 0,
    act: () => {
      panel.show();
      foot.show();
    },
  });
  peopleMenu.offer({
    id: 'whisper',
    icon: 'whisper',
    label: 'whisper',
    act: (avatar) => {
      sheet.close();
      foot.speakTo(avatar);
    },
  });
  const writing = () => {
    const names = talk
      .writing(Date.now())
      .filter((id) => !shield.muted.has(id) && !shield.blocked.has(id)) // perhaps since they began
      .map((id) => world.nameOf(id))
      .filter(Boolean);
    const key = names.length > 1 ? 'write_several' : 'writes';
    foot.writing(names.length > 0 ? visit.say(key, { name: names[0], n: names.length }) : '');
  };
  hearing.on('said', (message) => {
    const said = talk.heard(message, world.me);
    avatars.say(said.by, said.text);
    const mine = said.by === world.me;
    const to = said.to && mine ? visit.say('to_alone', { name: world.nameOf(said.to) }) : '';
    const aside = said.to && !mine ? visit.say('to_you_alone') : to;
    if (!mine || said.to) foot.hear(mine ? visit.say('you_said') : said.name, said.text, aside);
    if (sheet.name === 'talk') panel.again();
    foot.show();
    writing();
  });
  hearing.on('typing', (message) => {
    if (message.by !== world.me) talk.types(message, Date.now());
    writing();
  });
  hearing.on('left', ({ avatar_id }) => {
    talk.left(avatar_id);
    if (foot.to?.id === avatar_id) foot.speakTo(null);
    writing();
  });
  setInterval(writing, WRITING_MS);
  debug.extend('talk', () => talk.lines.map((line) => ({ ...line })));
}

// ---- signs ----

/** @param {House} house @param {Company} company */
function signs(house, company) {
  const { stage, avatars, hearing, world, visit, foot, ask, attempt, peopleMenu } = house;
  const over = new Signs(stage, avatars);
  const palette = new Palette(foot, visit, (emote) => attempt(ask('emote', { emote })));
  const mine = () => company.placeOf(world.me ?? '');
  foot.offer({
    id: 'emotes',
    icon: 'smile',
    label: 'emotes',
    pressed: () => palette.open,
    act: () => palette.toggle(),
  });
  foot.offer({
    id: 'hand',
    icon: 'hand',
    label: () => (mine() ? 'hand_down' : 'hand_up'),
    pressed: () => mine() > 0,
    act: () => attempt(ask('hand', { raised: mine() === 0 })),
  });
  peopleMenu.offer({
    id: 'lower',
    icon: 'hand',
    label: 'lower_hand',
    shown: ({ id }) => guiding(house) && company.placeOf(id) > 0,
    act: ({ id }) => attempt(ask('hand', { raised: false, avatar: id })),
  });
  const hands = () => {
    over.raise(company.hands);
    foot.show();
    peopleMenu.changed();
  };
  const badge = (/** @type {Avatar} */ avatar) =>
    over.badge(avatar.id, isGuide(avatar) ? visit.say('of_the_house') : '');
  hearing.on('emoted', ({ by, emote }) => {
    if (by === world.me) palette.float(emote);
    else over.show(by, emote);
  });
  hearing.on('raised', ({ by, raised }) => {
    hands();
    if (raised && by !== world.me && guiding(house))
      house.notices.say(visit.say('raised_hand', { name: world.nameOf(by) }));
  });
  hearing.on('welcome', hands);
  avatars.on('entered', (avatar) => {
    badge(avatar);
    over.raise(company.hands);
  });
  visit.on('words', () => {
    for (const avatar of world.avatars.values()) badge(avatar);
  });
  house.debug.extend('signs', () => ({ shown: over.shown, raised: over.raised }));
}

// ---- walking together ----

/** @param {House} house @param {Company} company */
function walking(house, company) {
  const { stage, controls, avatars, hearing, world, visit, ask, attempt, peopleMenu } = house;
  const follow = (/** @type {string | null} */ avatar) => attempt(ask('follow', { avatar }));
  const escort = new Escort(stage, controls, avatars, () => follow(null));
  const invitation = new Invitation(house.foot.place, visit);
  controls.on('steered', () => invitation.decline());
  peopleMenu.offer({
    id: 'follow',
    icon: 'follow',
    label: ({ id }) => (escort.leader === id ? 'follow_end' : 'follow'),
    pressed: ({ id }) => escort.leader === id,
    act: ({ id }) => follow(escort.leader === id ? null : id),
  });
  peopleMenu.offer({
    id: 'send-off',
    icon: 'follow',
    label: 'send_off',
    shown: ({ id }) => company.following.get(id) === world.me,
    act: ({ id }) => attempt(ask('follow', { avatar: null, follower: id })),
  });
  const gather = (/** @type {boolean} */ lead) => {
    const { x, z } = controls.spot;
    house.sheet.close();
    attempt(ask('gather', { position: [x, 0, z], radius: 1.5, lead }));
  };
  for (const [id, lead] of /** @type {[string, boolean][]} */ ([
    ['gather', false],
    ['lead', true],
  ]))
    house.peoplePanel.offer({
      id,
      icon: lead ? 'follow' : 'gather',
      label: id,
      shown: () => guiding(house) && world.avatars.size > 0,
      act: () => gather(lead),
    });
  hearing.on('followed', ({ by, whom }) => {
    if (by === world.me) escort.follow(whom);
    else if (whom === world.me)
      house.notices.say(visit.say('follows_you', { name: world.nameOf(by) }));
    peopleMenu.changed();
  });
  hearing.on('welcome', () => escort.follow(company.following.get(world.me ?? '') ?? null));
  hearing.on('gathered', (wish) => {
    if (wish.by === world.me) {
      house.notices.say(visit.say('asked_to_come'));
      return;
    }
    const name = world.nameOf(wish.by);
    const text = visit.say(wish.lead ? 'lead_wish' : 'gather_wish', { name });
    const go = () => {
      if (wish.lead) follow(wish.by);
      else escort.comeTo(wish, world.me ?? '', world.avatars.keys());
    };
    if (stage.renderer.xr.isPresenting) house.notices.say(text);
    else invitation.ask(text, go, matchMedia('(prefers-reduced-motion: reduce)').matches);
  });
  house.debug.extend('leader', () => escort.leader);
}

// ---- help ----

/** @param {House} house @param {Company} company */
function help(house, company) {
  const { sheet, visit, world, hearing, notices, ask, attempt, bar, avatars } = house;
  const toThem = new Escort(house.stage, house.controls, avatars, () => {});
  const panel = new HelpPanel(sheet, visit, company, world, {
    call: async (on, text) => {
      /** @type {{guides?: number}} */ let answer = {};
      const asked = ask('help', { on, text }).then((/** @type {any} */ ack) => {
        answer = ack;
      });
      return (await attempt(asked)) ? (answer.guides ?? 0) : null;
    },
    answer: async (id) => {
      if (!(await attempt(ask('help', { on: false, avatar: id })))) return;
      sheet.close();
      toThem.goTo(id);
    },
  });
  const waiting = () => company.calls.size;
  bar.offer({
    id: 'help',
    icon: 'bell',
    label: () => (panel.guides ? 'calls' : company.calls.size > 0 ? 'help_called' : 'help'),
    pressed: () => waiting() > 0,
    act: () => (panel.guides ? panel.showCalls() : panel.press()),
  });
  hearing.on('help', ({ by, name, on, text, helper }) => {
    bar.show();
    house.peopleMenu.changed();
    if (by === world.me) {
      if (helper) {
        if (sheet.name === 'help') sheet.close();
        notices.say(visit.say('helper_comes', { name: world.nameOf(helper) }));
      }
    } else if (on) notices.say(visit.say('asks_for_help', { name, text }));
    panel.again();
  });
  hearing.on('welcome', () => bar.show());
}

// ---- coming back ----

/** Who lost the line was gone for the others; what they were about, they are about again. @param {House} house @param {Company} company */
function returning({ hearing, world, ask }, company) {
  /** @type {(() => void) | null} */ let resume = null;
  hearing.on('lost', () => {
    const me = world.me ?? '';
    const call = company.calls.get(me);
    const hand = company.placeOf(me) > 0;
    const leader = company.following.get(me);
    resume ??= () => {
      const again = (/** @type {string} */ name, /** @type {any} */ message) =>
        ask(name, message).catch(() => {}); // they may be gone, or the line again
      if (call && !company.calls.has(me)) again('help', { on: true, text: call.text });
      if (hand && !company.placeOf(me)) again('hand', { raised: true });
      if (leader && !company.following.has(me)) again('follow', { avatar: leader });
    };
  });
  const back = () => {
    if (resume) setTimeout(resume, CATCH_UP_MS);
    resume = null;
  };
  hearing.on('welcome', back);
  hearing.on('resumed', back);
}

// ---- looks ----

/** @param {House} house */
function looks(house) {
  const { visit, world, sheet, hearing, avatars, ask, attempt, peoplePanel } = house;
  const present = () => world.avatars.values();
  const figures = new Figures(house.models, house.api, present, (id) => avatars.remake(id));
  avatars.figureMaker = (avatar, softness) => figures.make(avatar, softness);
  const wear = (/** @type {import('../ui/looks-panel.js').Looks} */ { name, color, figure }) => {
    const guest = world.you?.role === 'shopper';
    return attempt(ask('profile', guest ? { name, color, figure } : { color, figure }));
  };
  const panel = new LooksPanel(sheet, visit, world, {
    wear: async (wish) => {
      if (!(await wear(wish))) return false;
      remember('looks', wish);
      return true;
    },
    picture: (figure, color) => figures.picture(figure, color),
  });
  peoplePanel.offer({
    id: 'looks',
    icon: 'dress',
    label: 'looks',
    act: async () => {
      panel.figures = await figures.choices();
      panel.show();
    },
  });
  hearing.on('changed', ({ avatar }) => {
    if (avatar.id !== world.me) avatars.remake(avatar.id);
    visit.tell('people');
  });
  hearing.on('welcome', () => {
    const wish = recall('looks');
    const { you } = world;
    if (!wish || !you) return;
    const same = wish.color === you.color && wish.figure === (you.figure ?? 'round');
    if (!same || (you.role === 'shopper' && wish.name !== you.name)) wear(wish);
  });
}
