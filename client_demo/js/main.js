// The showroom page: its parts, and who tells whom.

import { Vector3 } from 'three';
import { Api, ProblemError } from './api.js';
import { Ordering } from './attempt.js';
import { add } from './cart.js';
import { Connection } from './connection.js';
import { exposeForTests } from './debug.js';
import { chooseLanguage } from './i18n.js';
import { recall, remember } from './memory.js';
import { formatMoney } from './money.js';
import { Opening, yawOf } from './opening.js';
import { Avatars } from './scene/avatars.js';
import { Card } from './scene/card.js';
import { Controls } from './scene/controls.js';
import { Hold } from './scene/hold.js';
import { Models } from './scene/models.js';
import { Portraits } from './scene/portraits.js';
import { Presence } from './scene/presence.js';
import { Products } from './scene/products.js';
import { Showroom } from './scene/showroom.js';
import { Stage } from './scene/stage.js';
import { Headset } from './scene/xr.js';
import { Bar } from './ui/bar.js';
import { CartPanel } from './ui/cart-panel.js';
import { Checkout } from './ui/checkout.js';
import { Foot } from './ui/foot.js';
import { HoverLabel } from './ui/hover-label.js';
import { Notices } from './ui/notices.js';
import { Orders } from './ui/orders.js';
import { PieceList } from './ui/pieces.js';
import { ProductPanel } from './ui/product-panel.js';
import { Sheet } from './ui/sheet.js';
import { Welcome } from './ui/welcome.js';
import { Visit } from './visit.js';
import { World } from './world.js';

const RETRY_MS = 3000;
const ARM = 1.05; // metres before the eye at which one carries a piece

const query = new URLSearchParams(location.search);
const showroomId = query.get('room') ?? 'demo';
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

const api = new Api();
const visit = new Visit(api, recall('language') ?? chooseLanguage(navigator.languages));
document.documentElement.lang = visit.words.language;
const say = (/** @type {string} */ key, /** @type {any} */ facts = {}) =>
  visit.words.say(key, facts);

const notices = new Notices(byId('notices'), byId('banner'));
const welcome = new Welcome(byId('welcome'), visit, goIn);

/** @returns {Stage | null} null when the browser cannot draw in 3D */
function makeStage() {
  try {
    return new Stage(/** @type {any} */ (byId('stage')), query.has('sharp'));
  } catch (error) {
    console.error(error);
    return null;
  }
}

const made = makeStage();
if (!made) {
  welcome.trouble('no_webgl');
  throw new Error('WebGL 2 is missing; the page says what to do.');
}
const stage = made;

// ---- the scene ----
const world = new World();
const models = new Models();
const room = new Showroom(stage, models);
const products = new Products(stage, models, world);
const avatars = new Avatars(stage, world);
const portraits = new Portraits(stage, products);
const card = new Card(stage);
const controls = new Controls(stage, room, { tap, hover });
const hold = new Hold(stage, products, room, ask, onHold);
const presence = new Presence(stage, (bytes) => connection.send(bytes));
const headset = new Headset(stage, controls, {
  choose,
  hover,
  squeeze: (ray, hand) => {
    const id = products.pick(ray);
    if (id) take(id, hand);
  },
  letGo: () => hold.id && attempt(hold.putDown()),
  presenting: (on) => {
    document.body.classList.toggle('in-vr', on);
    products.setDevice(on ? 'headset' : 'screen');
    room.setDevice(on ? 'headset' : 'screen', opening.files);
    if (on) sheet.close();
    else card.hide();
  },
});

// ---- the pages over it ----
const sheet = new Sheet(byId('sheet'), visit, covers);
const label = new HoverLabel(byId('label'), stage, products, visit);
const ordering = new Ordering(api, { recall, remember }, () => crypto.randomUUID());
const bar = new Bar(byId('bar'), visit, { openCart: () => cartPanel.show() });
const pieceList = new PieceList(byId('pieces'), visit, products, (id) => productPanel.show(id));
const foot = new Foot(byId('foot'), visit, {
  say: (text) => attempt(ask('say', { text })),
  putDown: () => attempt(hold.putDown()),
  putBack: () => attempt(hold.putBack()),
});
const productPanel = new ProductPanel(sheet, visit, products, portraits, {
  chooseVariant,
  hold: (id) => take(id, pointerHand),
  add: addToCart,
  putHome: (id) => attempt(putHome(id)),
});
const cartPanel = new CartPanel(sheet, visit, portraits, {
  setLines,
  checkout: () => checkout.show(),
});
const checkout = new Checkout(sheet, visit, ordering, {
  back: () => cartPanel.show(),
  ordered,
});
const orders = new Orders(byId('orders'), sheet, visit, portraits, { cancel: cancelOrder });
visit.on('words', () => room.scene && room.label(visit.words));

const connection = new Connection(() => visit.takeSeat(showroomId), {
  welcome: welcomed,
  message: heard,
  poses: (frame) => avatars.receive(frame),
  lost: () => notices.banner(say('lost')),
  refused,
});

/** Where a piece goes that a mouse or finger carries: along the pointer, at arm's length. */
const pointerHand = {
  position: (/** @type {Vector3} */ out) => {
    const { ray } = controls.rayAtPointer();
    const piece = hold.id ? products.pieces.get(hold.id) : null;
    const height = piece ? piece.box.max.y - piece.box.min.y : 0;
    const reach = ARM + height * 0.9;
    out.copy(ray.origin).addScaledVector(ray.direction, reach);
    out.y -= height / 2;
    return out;
  },
  yaw: () => controls.yaw,
};

/** @param {DOMRect | null} panel */
function covers(panel) {
  const beside = panel !== null && panel.width < stage.canvas.clientWidth * 0.75;
  stage.cover(beside ? panel.width : 0, panel && !beside ? panel.height : 0);
}

const opening = new Opening({
  id: showroomId,
  visit,
  welcome,
  room,
  products,
  standAt,
  named: (showroom) => {
    avatars.bounds = showroom.scene.bounds;
    bar.setRoom(showroom.name);
    pieceList.show();
  },
});

// ---- coming in ----
/** @param {{position: number[], rotation: number[]}} spawn */
function standAt({ position, rotation }) {
  controls.stand({ x: position[0], z: position[2] }, yawOf(rotation));
}

/** @param {string} name @param {string} color */
async function goIn(name, color) {
  await visit.introduce(name, color);
  await connection.open();
}

/** @param {any} message the room's snapshot */
function welcomed(message) {
  const first = welcome.open || !controls.enabled;
  world.welcome(message);
  avatars.bounds = message.bounds;
  presence.bounds = message.bounds;
  avatars.sync();
  if (hold.id && world.things.get(hold.id)?.held_by !== world.me) hold.lose();
  products.syncAll();
  notices.banner(null);
  if (first) {
    const spawn = room.scene?.spawn_points ?? [];
    const place = spawn[message.you.index % Math.max(1, spawn.length)];
    if (place) standAt(place);
    welcome.hide();
    controls.enabled = true;
    document.body.classList.add('inside');
    bar.visible = true;
    foot.visible = true;
    foot.show();
    foot.learned();
    stage.canvas.focus();
  } else notices.say(say('back_again'));
  presence.again();
  bar.setPeople(world.present);
  mergeCart(message.cart);
  visit.loadOrders().catch(() => {}); // the chips come with the next answer
  resumeOrder();
}

/** The server's cart wins unless it is empty and this browser kept one. @param {any} cart */
function mergeCart(cart) {
  if (cart?.lines?.length > 0 || visit.lines.length === 0) visit.setLines(cart?.lines ?? []);
  else setLines(visit.lines);
}

/** @param {unknown} error */
async function refused(error) {
  const problem = error instanceof ProblemError ? error : null;
  if (problem?.type === 'room-full') welcome.trouble('room_full');
  else if (problem && problem.status < 500 && problem.status !== 429) {
    notices.banner(problem.message);
  } else notices.banner(say('lost'));
  await pause(RETRY_MS);
}

// ---- what the room says ----
/** @param {string} name @param {any} message */
function heard(name, message) {
  if (name === 'cart') return visit.setLines(message.cart.lines);
  if (name === 'order') return visit.setOrder(message.order);
  const before = name === 'left' ? world.nameOf(message.avatar_id) : '';
  if (!world.apply(name, message)) return;
  if (name === 'said') avatars.say(message.by, message.text);
  if (name === 'joined' || name === 'left') {
    avatars.sync();
    bar.setPeople(world.present);
    const who = name === 'joined' ? message.avatar : { id: message.avatar_id, name: before };
    if (who.id !== world.me) notices.say(say(name, { name: who.name }));
    if (name === 'joined') presence.again(); // they have not seen where we stand
    for (const thing of world.things.values())
      if (thing.held_by === who.id) products.sync(thing.id);
  }
  if (message.object) {
    if (name === 'held' && message.object === hold.id && message.by !== world.me) hold.lose();
    products.sync(message.object);
    if (name !== 'moved') visit.tell('room');
  }
}

/** @param {string} name @param {any} message */
async function ask(name, message) {
  return connection.ask(name, message);
}

/** Says what went wrong. @param {Promise<unknown>} promise @returns {Promise<boolean>} whether it went well */
async function attempt(promise) {
  try {
    await promise;
    return true;
  } catch (error) {
    const problem = error instanceof ProblemError ? error.problem : null;
    const { type, by, name } = /** @type {any} */ (problem ?? {});
    if (type === 'already-held') {
      notices.say(
        say('held_by_other', { name: name ?? world.nameOf(by) ?? say('anonymous') }),
        'sorry',
      );
    } else notices.say(problem ? (problem.detail ?? problem.title) : say('lost'), 'sorry');
    return false;
  }
}

// ---- what the visitor does ----
/** @param {import('three').Raycaster} ray */
function tap(ray) {
  if (hold.id) {
    attempt(hold.putDown());
    return;
  }
  const id = products.pick(ray);
  if (id) {
    productPanel.show(id);
    return;
  }
  sheet.close();
  const hit = room.hit(ray);
  if (hit) controls.walkTo({ x: hit.x, z: hit.z });
}

/** @param {import('three').Raycaster | null} ray */
function hover(ray) {
  const id = ray && !hold.id ? products.pick(ray) : null;
  products.hover(id);
  label.show(id);
  stage.canvas.style.cursor = id ? 'pointer' : '';
}

/** The trigger of a headset. @param {import('three').Raycaster} ray */
function choose(ray) {
  if (card.choose(ray)) return;
  const id = products.pick(ray);
  if (id) showCard(id);
  else card.hide();
}

const middle = new Vector3();
const eye = new Vector3();

/** @param {string} id */
function showCard(id, note = '') {
  const piece = products.pieces.get(id);
  if (!piece?.product || !products.middle(id, middle)) return;
  const { words } = visit;
  const variants = piece.product.variants.map((/** @type {any} */ one) => ({
    id: one.id,
    name: words.pick(one.names),
    swatch: one.swatch,
  }));
  const text = {
    name: words.pick(piece.product.names),
    price: formatMoney(piece.product.price, words.language),
    button: say('add'),
    variants,
    chosen: piece.thing.variant,
    note,
  };
  eye.setFromMatrixPosition(stage.renderer.xr.getCamera().matrixWorld);
  card.show(
    middle,
    eye,
    text,
    (variant) => {
      chooseVariant(id, variant);
      showCard(id);
    },
    () => {
      addToCart(piece.product.sku, piece.thing.variant);
      showCard(id, say('vr_cart'));
    },
  );
}

/** @param {string} id @param {import('./scene/hold.js').Hand} hand */
async function take(id, hand) {
  const thing = world.things.get(id);
  const name = thing?.held_by && thing.held_by !== world.me ? world.nameOf(thing.held_by) : '';
  if (name) notices.say(say('held_by_other', { name }), 'sorry');
  else if ((await attempt(hold.take(id, hand))) && !stage.renderer.xr.isPresenting) sheet.close();
}

/** For what somebody left lying about. @param {string} id */
async function putHome(id) {
  const home = products.pieces.get(id)?.home;
  await ask('grab', { object: id });
  await ask('release', { object: id, ...home });
}

/** @param {string | null} id */
function onHold(id) {
  stage.patient = id === null;
  const piece = id ? products.pieces.get(id) : null;
  foot.holding(piece ? visit.words.pick(piece.product?.names) : '');
  visit.tell('hold');
  hover(null);
}

/** Shown at once; put back when the room says no. @param {string} id @param {string} variant */
async function chooseVariant(id, variant) {
  const thing = world.things.get(id);
  if (!thing || thing.variant === variant) return;
  const before = thing.variant;
  thing.variant = variant;
  products.sync(id);
  visit.tell('room');
  if (await attempt(ask('variant', { object: id, variant }))) return;
  thing.variant = before;
  products.sync(id);
  visit.tell('room');
}

/** @param {string} sku @param {string | null} variant */
function addToCart(sku, variant) {
  setLines(add(visit.lines, sku, variant));
  notices.say(say('added', { name: visit.words.pick(visit.products.get(sku)?.names) }));
}

/** @param {readonly import('./cart.js').Line[]} lines */
function setLines(lines) {
  visit.setLines(lines);
  // Without a line to the room the cart is kept here and told when it is back.
  if (connection.connected) attempt(ask('cart', { lines }));
}

/** @param {any} order */
function ordered(order) {
  visit.setOrder(order);
  visit.setLines([]);
  if (connection.connected) attempt(ask('cart', { lines: [] }));
  orders.open(order.id, true);
}

/** An order whose answer got lost with the last visit. */
async function resumeOrder() {
  const open = ordering.unanswered;
  if (!open || resumeOrder.running) return;
  resumeOrder.running = true;
  try {
    ordered(await ordering.place(open.body));
  } catch (error) {
    if (error instanceof ProblemError) notices.say(error.message, 'sorry');
  } finally {
    resumeOrder.running = false;
  }
}
resumeOrder.running = false;

/** @param {any} order */
async function cancelOrder(order) {
  const path = `/api/orders/${encodeURIComponent(order.id)}/cancel`;
  const done = api.post(path, {}, { 'if-match': `"${order.version}"` });
  await attempt(done.then((changed) => visit.setOrder(changed)));
  visit.loadOrders().catch(() => {});
}

const debug = exposeForTests({ stage, world, avatars, products, presence, controls, visit });
window.addEventListener('pagehide', (event) => event.persisted || connection.close());
stage.canvas.addEventListener('wheel', (event) => turnHeld(event), { passive: false });

/** @param {WheelEvent} event */
function turnHeld(event) {
  if (!hold.id) return;
  event.preventDefault();
  hold.turn += event.deltaY * 0.003;
  stage.wake();
}

Headset.isThere().then((there) => {
  if (there) bar.offerHeadset(() => attempt(headset.enter()));
});
welcome.show();
stage.start();
opening.open().then(() => {
  debug.ready = true;
});
