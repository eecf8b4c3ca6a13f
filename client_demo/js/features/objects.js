// The pieces: what the room says of them, in the scene and in one's hand; and what to do with them.

import { Display, isGuide } from '../display.js';
import { addIcons } from '../dom.js';
import { Pointing } from '../pointing.js';
import { before } from '../scene/before.js';
import { Hotspots } from '../scene/hotspots.js';
import { Pointers } from '../scene/pointers.js';
import { Spotlight } from '../scene/spotlight.js';
import { pieceMenu } from '../ui/piece-menu.js';

const STEP = 1.15; // factor of one press of larger or smaller
const KEEP_MS = 500; // between two looks at the lease of what one holds

addIcons({
  bring: 'M12 4v9M8 9.500l4 4 4-4M5 17c0 1.700 3.100 3 7 3s7-1.300 7-3',
  spin: 'M19 12a7 7 0 1 1-2.300-5.200M19.500 3.500v4h-4',
  point: 'M4.500 19.500L14 10M9.500 9.500H14.500V14.500M18.500 5.500h.01',
  light: 'M9.500 4h5l3 8.500h-11zM8 16.500l-1.200 3.500M12 16.500V20M16 16.500l1.200 3.500',
  pin: 'M9 4h6l-.8 6 2.800 3H7l2.800-3zM12 13v7',
  larger: 'M12 6v12M6 12h12',
  smaller: 'M6 12h12',
});

/** @param {import('../features.js').House} house */
export function install(house) {
  const { hearing, world, products, hold, visit, stage, room, avatars, notices } = house;
  const display = new Display(world);
  const spotlight = new Spotlight(stage, room, products);
  const hotspots = new Hotspots(stage, products, visit);
  const pointers = new Pointers(stage, avatars, products, display, world);
  products.clock = () => display.serverNow;
  const nameOf = (/** @type {string} */ id) =>
    visit.words.pick(products.pieces.get(id)?.product?.names);

  hearing.on('welcome', () => {
    spotlight.show(display.spotlight);
    hotspots.sync();
    pointers.sync();
    visit.tell('room');
  });
  hearing.on('held', ({ object, by }) => {
    if (object === hold.id && by !== world.me) hold.slip();
    products.sync(object);
    visit.tell('room');
  });
  hearing.on('moved', ({ object }) => {
    products.sync(object);
    if (!world.things.get(object)?.held_by) visit.tell('room'); // brought, or spun
  });
  for (const name of ['variant', 'pinned']) {
    hearing.on(name, ({ object }) => {
      products.sync(object);
      visit.tell('room');
    });
  }
  hearing.on('shown', () => {
    hotspots.sync();
    visit.tell('room');
  });
  hearing.on('lit', () => {
    spotlight.show(display.spotlight);
    visit.tell('room');
  });
  hearing.on('left', () => pointers.sync());
  hearing.on('pointed', ({ by, object }) => {
    pointers.sync();
    if (by === world.me) visit.tell('room');
    else if (object) {
      notices.say(visit.say('pointed_at', { name: world.nameOf(by), piece: nameOf(object) }));
    }
  });
  hearing.on('wanted', ({ object, name }) => {
    notices.say(visit.say('wanted', { name, piece: nameOf(object) }));
  });

  const pointing = makePointing(house);
  setInterval(() => hold.keep(), KEEP_MS);
  offerMenu(house, display, pointing);
  offerSizes(house);
  hands(house, hotspots, pointing);
  house.debug.extend('hold', () => ({ id: hold.id, hands: hold.hands, scale: hold.scale }));
  house.debug.extend('display', () => ({
    spotlight: display.spotlight,
    pointing: [...display.pointing.values()],
    things: [...world.things.values()].map(({ id, scale, spin, pinned, hotspot }) => ({
      id,
      scale,
      drawn: products.pieces.get(id)?.group.scale.x,
      spin,
      pinned,
      hotspot,
    })),
  }));
}

/** @param {import('../features.js').House} house */
function makePointing({ ask, controls, products, room, stage }) {
  const pointing = new Pointing((at, hand) => ask('point', { at, hand }));
  const aim = (/** @type {import('three').Raycaster} */ ray) => {
    const object = products.pick(ray);
    const position = object ? null : room.hit(ray)?.toArray();
    return object ? { object } : position ? { position } : null;
  };
  let pressed = false;
  const typing = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element && target.closest('input, textarea, select');
  window.addEventListener('keydown', (event) => {
    if (event.code !== 'KeyP' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (controls.enabled && !typing(event.target)) pressed = true;
    if (pressed) stage.wake();
  });
  const lower = () => {
    if (pressed) pointing.lower();
    pressed = false;
  };
  window.addEventListener('keyup', (event) => event.code === 'KeyP' && lower());
  window.addEventListener('blur', lower);
  stage.parts.push({
    update: (_seconds, now) => {
      if (pressed && pointing.due(now)) pointing.at(aim(controls.rayAtPointer()), now);
      pointing.update(now);
    },
  });
  return Object.assign(pointing, { aim });
}

/**
 * The panel's buttons.
 *
 * @param {import('../features.js').House} house @param {Display} display
 * @param {Pointing} pointing
 */
function offerMenu(house, display, pointing) {
  const { productPanel, visit, world, ask, attempt, stage, room, products } = house;
  productPanel.more = (object, piece) =>
    pieceMenu(visit.words, object, piece, {
      guide: isGuide(world.you?.role),
      takable: piece.target.userData.grab && !products.missing.has(piece),
      lit: display.spotlight === object,
      pointed: display.pointing.get(world.me ?? '')?.object === object,
      // One's own device knows no P key when there is no keyboard.
      keys: !matchMedia('(pointer: coarse)').matches,
      bring: () => attempt(ask('bring', { object, ...before(stage, room, piece) })),
      spin: (speed) => attempt(ask('spin', { object, speed })),
      point: (on) => {
        if (on) pointing.at({ object }, performance.now(), true);
        else pointing.lower();
      },
      light: (on) => attempt(ask('spotlight', { object: on ? object : null })),
      pin: (pinned) => attempt(ask('pin', { object, pinned })),
      open: (hotspot) => attempt(ask('hotspot', { object, hotspot })),
    });
}

/** While one holds a piece that may be scaled. @param {import('../features.js').House} house */
function offerSizes({ foot, hold }) {
  const shown = () => hold.id !== null && hold.limits.scale[0] < hold.limits.scale[1];
  const resize = (/** @type {number} */ factor) => () => hold.resize(factor);
  foot.offer({ id: 'larger', icon: 'larger', label: 'larger', shown, act: resize(STEP) });
  foot.offer({ id: 'smaller', icon: 'smaller', label: 'smaller', shown, act: resize(1 / STEP) });
}

/**
 * Taps on hotspots, and what the headset's hands do.
 *
 * @param {import('../features.js').House} house @param {Hotspots} hotspots
 * @param {ReturnType<typeof makePointing>} pointing
 */
function hands({ acts, headset, hold, ask, attempt, world, stage }, hotspots, pointing) {
  /** @param {import('three').Raycaster} ray @returns {boolean} whether there was one */
  const toggle = (ray) => {
    const mark = hold.id ? null : hotspots.pick(ray);
    if (!mark) return false;
    const { object, hotspot } = mark;
    const open = world.things.get(object)?.hotspot === hotspot.id;
    attempt(ask('hotspot', { object, hotspot: open ? null : hotspot.id }));
    return true;
  };
  acts.spots = toggle;
  const { choose } = headset.acts;
  headset.acts.choose = (ray) => toggle(ray) || choose(ray);
  headset.acts.squeeze = (ray, hand) => acts.squeeze(ray, hand);
  headset.acts.letGo = (hand) => acts.letGo(hand);
  /** @type {string | null} */ let pointer = null;
  headset.acts.point = (ray, hand) => {
    const now = performance.now();
    if (ray) {
      pointer = hand;
      if (pointing.due(now)) pointing.at(pointing.aim(ray), now, false, hand);
    } else if (pointer === hand) {
      pointer = null;
      pointing.lower();
    }
    if (ray) stage.wake();
  };
}
