// The showroom page: its parts, and who tells whom.

import { Acts } from './acts.js';
import { Api } from './api.js';
import { Ordering } from './attempt.js';
import { attempting } from './attempting.js';
import { Buying } from './buying.js';
import { Connection } from './connection.js';
import { exposeForTests } from './debug.js';
import { Entry } from './entry.js';
import { FEATURES } from './features.js';
import { Hearing } from './hearing.js';
import { chooseLanguage } from './i18n.js';
import { recall, remember, thisTab } from './memory.js';
import { entrance, Opening, yawOf } from './opening.js';
import { PeopleMenu } from './people-menu.js';
import { Avatars } from './scene/avatars.js';
import { Card } from './scene/card.js';
import { Controls } from './scene/controls.js';
import { Hold } from './scene/hold.js';
import { Levels } from './scene/levels.js';
import { Models } from './scene/models.js';
import { PieceCard } from './scene/piece-card.js';
import { PointerHand } from './scene/pointer-hand.js';
import { Portraits } from './scene/portraits.js';
import { Presence } from './scene/presence.js';
import { Products } from './scene/products.js';
import { Showroom } from './scene/showroom.js';
import { Stage } from './scene/stage.js';
import { Headset } from './scene/xr.js';
import { Shield } from './shield.js';
import { Bar } from './ui/bar.js';
import { CartPanel } from './ui/cart-panel.js';
import { Checkout } from './ui/checkout.js';
import { Foot } from './ui/foot.js';
import { HoverLabel } from './ui/hover-label.js';
import { Notices } from './ui/notices.js';
import { Orders } from './ui/orders.js';
import { PeoplePanel } from './ui/people-panel.js';
import { PieceList } from './ui/pieces.js';
import { ProductPanel } from './ui/product-panel.js';
import { Sheet } from './ui/sheet.js';
import { Welcome } from './ui/welcome.js';
import { Visit } from './visit.js';
import { World } from './world.js';

const query = new URLSearchParams(location.search);
const showroomId = query.get('room') ?? 'demo';
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

// ---- who is here ----
const api = new Api();
const visit = new Visit(api, recall('language') ?? chooseLanguage(navigator.languages));
document.documentElement.lang = visit.words.language;
const notices = new Notices(byId('notices'), byId('banner'));
const welcome = new Welcome(byId('welcome'), visit, async (name, color) => {
  await visit.introduce(name, color);
  await connection.open();
});

// ---- the scene ----
const stage = makeStage();
const world = new World();
const shield = new Shield(world);
const models = new Models(stage.renderer);
const room = new Showroom(stage, models);
const products = new Products(stage, models, world);
new Levels(stage, products);
const avatars = new Avatars(stage, world);
const portraits = new Portraits(stage, products);
const controls = new Controls(stage, room, {
  tap: (ray) => acts.tap(ray),
  hover: (ray) => acts.hover(ray),
});
const ask = (/** @type {string} */ name, /** @type {any} */ message) =>
  connection.ask(name, message);
const hold = new Hold(stage, products, room, ask, (id) => acts.holds(id));
const presence = new Presence(stage, (bytes) => connection.send(bytes));
const pieceCard = new PieceCard(new Card(stage), stage, products, visit, {
  chooseVariant: (id, variant) => acts.chooseVariant(id, variant),
  add: (sku, variant) => buying.add(sku, variant),
});
const headset = new Headset(stage, controls, {
  choose: (ray) => pieceCard.choose(ray),
  hover: (ray) => acts.hover(ray),
  squeeze: (ray, hand) => {
    const id = products.pick(ray);
    if (id) acts.take(id, hand);
  },
  letGo: () => acts.putDown(),
  presenting,
});

// ---- the pages over it ----
const sheet = new Sheet(byId('sheet'), visit, (panel) => stage.cover(panel));
const label = new HoverLabel(byId('label'), stage, products, visit);
const peopleMenu = new PeopleMenu();
const peoplePanel = new PeoplePanel(sheet, visit, world, peopleMenu);
const bar = new Bar(byId('bar'), visit, {
  openCart: () => cartPanel.show(),
  openPeople: () => peoplePanel.show(),
});
const pieceList = new PieceList(byId('pieces'), visit, products, (id) => productPanel.show(id));
const foot = new Foot(byId('foot'), visit, {
  say: (text) => attempt(ask('say', { text })),
  putDown: () => acts.putDown(),
  putBack: () => acts.putBack(),
});
const productPanel = new ProductPanel(sheet, visit, products, portraits, {
  chooseVariant: (id, variant) => acts.chooseVariant(id, variant),
  hold: (id) => acts.take(id),
  add: (sku, variant) => buying.add(sku, variant),
  putHome: (id) => acts.putHome(id),
});
const cartPanel = new CartPanel(sheet, visit, portraits, {
  setLines: (lines) => buying.setLines(lines),
  checkout: () => checkout.show(),
});
const ordering = new Ordering(api, { recall, remember }, () => crypto.randomUUID());
const checkout = new Checkout(sheet, visit, ordering, new Entry(thisTab), {
  back: () => cartPanel.show(),
  ordered: (order) => buying.ordered(order),
});
const orders = new Orders(byId('orders'), sheet, visit, portraits, {
  cancel: (order) => buying.cancel(order),
});
visit.on('words', () => room.scene && room.label(visit.words));

// ---- what happens between them ----
const attempt = attempting(notices, visit, world);
const acts = new Acts({
  visit,
  world,
  stage,
  room,
  products,
  avatars,
  controls,
  hold,
  hand: new PointerHand(controls, products),
  sheet,
  label,
  foot,
  notices,
  productPanel,
  peoplePanel,
  ask,
  attempt,
});
const buying = new Buying({
  visit,
  ordering,
  notices,
  orders,
  attempt,
  // Without a line to the room the cart is kept here and told when it is back.
  tellRoom: async (lines) => {
    if (!connection.connected) return false;
    return (await attempt(ask('cart', { lines }))) || connection.connected; // heard, if only to refuse
  },
});
const hearing = new Hearing({
  visit,
  world,
  buying,
  avatars,
  products,
  hold,
  presence,
  bar,
  notices,
  welcome,
  goInside,
});
const connection = new Connection(() => visit.takeSeat(showroomId), hearing);
connection.find = (resume) => visit.findSeat(showroomId, resume);
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

/** @returns {Stage} throws when the browser cannot draw in 3D, after the page has said so */
function makeStage() {
  try {
    return new Stage(/** @type {any} */ (byId('stage')), query.has('sharp'));
  } catch (error) {
    welcome.trouble('no_webgl');
    throw error;
  }
}

/** @param {{position: number[], rotation: number[]}} spawn */
function standAt({ position, rotation }) {
  controls.stand({ x: position[0], z: position[2] }, yawOf(rotation));
}

/** From the welcome into the room. @param {{index: number}} you @returns {boolean} false when inside already */
function goInside({ index }) {
  welcome.hide();
  if (controls.enabled) return false;
  const place = entrance(room.scene?.spawn_points ?? [], index);
  if (place) standAt(place);
  controls.enabled = true;
  document.body.classList.add('inside');
  bar.visible = true;
  foot.visible = true;
  foot.show();
  foot.learned();
  stage.canvas.focus();
  return true;
}

/** @param {boolean} on in the headset, where there are no pages */
function presenting(on) {
  document.body.classList.toggle('in-vr', on);
  products.setDevice(on ? 'headset' : 'screen');
  room.setDevice(on ? 'headset' : 'screen', opening.files);
  if (on) sheet.close();
  else pieceCard.hide();
}

const debug = exposeForTests({ stage, world, avatars, products, presence, controls, visit });
const house = {
  showroomId,
  api,
  visit,
  world,
  shield,
  buying,
  connection,
  hearing,
  acts,
  opening,
  ask,
  attempt,
  stage,
  models,
  room,
  products,
  avatars,
  controls,
  hold,
  presence,
  pieceCard,
  headset,
  sheet,
  bar,
  foot,
  notices,
  welcome,
  label,
  productPanel,
  peoplePanel,
  peopleMenu,
  debug,
};
for (const feature of FEATURES) feature.install(house);
document.addEventListener('visibilitychange', () => acts.lookAway());
window.addEventListener('pagehide', (event) => {
  acts.putDown();
  if (!event.persisted) connection.close();
});
stage.canvas.addEventListener('wheel', (event) => acts.turn(event), { passive: false });
Headset.isThere().then((there) => {
  if (there) bar.offerHeadset(() => attempt(headset.enter()));
});
welcome.show();
stage.start();
opening.open().then(() => {
  debug.ready = true;
});
