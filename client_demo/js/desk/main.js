// The desk page: sign in, then the board of orders to prepare, hand over and send.

import { Api, ProblemError } from '../api.js';
import { h } from '../dom.js';
import { recall, remember } from '../memory.js';
import { Notices } from '../ui/notices.js';
import { orderCard } from './card.js';
import { COLUMNS, inColumn } from './columns.js';
import { Door } from './door.js';
import { helpList, newCalls, wayInto } from './helps.js';
import { DeskOrders } from './orders.js';
import { DESK_TEXTS } from './texts.js';
import { Watch } from './watch.js';

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const HELPS_MS = 3000; // a human is one tap away
const api = new Api();
const place = byId('desk');
const notices = new Notices(byId('notices'), byId('banner'));

/** @type {'pickup' | 'gift_box'} */
let kind = recall('desk.kind') ?? 'pickup';
let store = recall('desk.store') ?? '';
/** @type {Map<string, any>} */
const stores = new Map();
/** @type {Map<string, any>} */
const products = new Map();
/** @type {Set<string>} */
const busy = new Set();
/** @type {Map<string, boolean>} */
const unfolded = new Map();
/** @type {import('./helps.js').Call[]} who waits for a human */
let helps = [];

const door = new Door({ api, place, notices, texts: DESK_TEXTS, opened, closed, spoken: show });
const ears = {
  reachable: (/** @type {boolean} */ yes) => notices.banner(yes ? null : door.words.say('lost')),
  signedOut: () => door.sessionOver(),
};
const orders = new DeskOrders(api, { ...ears, changed: show });
const calls = new Watch(HELPS_MS, lookForCalls, ears);

async function opened() {
  await loadCatalogue();
  show();
  await Promise.all([orders.start(), calls.start()]);
}

function closed() {
  orders.stop();
  calls.stop();
  helps = [];
}

async function lookForCalls() {
  const { items } = await api.call('/api/helps');
  for (const { name, text } of newCalls(helps, items)) {
    notices.say(door.words.say('helps_new', { name, text }));
  }
  const same = JSON.stringify(items) === JSON.stringify(helps);
  helps = items;
  document.title = `${helps.length > 0 ? `(${helps.length}) ` : ''}Vitrine desk`;
  if (!same || helps.length > 0) show(); // the minutes go on
}

/** @param {import('./helps.js').Call} call */
async function goThere({ room }) {
  const page = window.open('', '_blank'); // now, while it is a press: later browsers forbid it
  try {
    const way = await wayInto(api, room);
    if (page) page.location.assign(way);
    else location.assign(way);
  } catch (error) {
    page?.close();
    notices.say(error instanceof ProblemError ? error.message : door.words.say('lost'), 'sorry');
  }
}

async function loadCatalogue() {
  try {
    const [shops, goods] = await Promise.all([api.call('/api/stores'), api.call('/api/products')]);
    for (const one of shops.items) stores.set(one.id, one);
    for (const one of goods.items) products.set(one.sku, one);
  } catch {
    // Names and swatches come from the orders too; the board works without the rest.
  }
}

function show() {
  if (!door.staff) return;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const scroll = window.scrollY;
  const was = focused?.closest('.ticket')?.getAttribute('data-testid');
  const name = focused?.dataset?.testid;
  const { words } = door;
  const waiting = helpList(helps, words, goThere);
  place.replaceChildren(header(), ...(waiting ? [waiting] : []), board());
  window.scrollTo(0, scroll);
  if (name) {
    const ticket = was ? `[data-testid="${was}"] ` : '';
    const same = place.querySelector(`${ticket}[data-testid="${name}"]`);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  }
}

function header() {
  const { words } = door;
  return h(
    'header.top',
    {},
    h('p.mark', {}, 'Vitrine', h('span', {}, words.say('desk'))),
    h(
      'div.tabs',
      { role: 'group', 'aria-label': words.say('desk') },
      tab('pickup', 'pickup'),
      tab('gift_box', 'gifts'),
    ),
    door.corner(storePicker()),
  );
}

/** @param {'pickup' | 'gift_box'} which @param {string} text */
function tab(which, text) {
  const due = COLUMNS[which]
    .filter((column) => !column.finished)
    .reduce(
      (sum, column) => sum + inColumn(orders.all.values(), which, store, column, Date.now()).length,
      0,
    );
  return h(
    'button.tab',
    {
      'aria-pressed': String(which === kind),
      testid: `tab-${which}`,
      onclick: () => {
        kind = which;
        remember('desk.kind', kind);
        show();
      },
    },
    door.words.say(text),
    due > 0 && h('span.count', {}, String(due)),
  );
}

function storePicker() {
  const { words } = door;
  const options = [
    ['', words.say('all_stores')],
    ...[...stores.values()].map((one) => [one.id, one.name]),
  ];
  return h(
    'select.choice',
    {
      'aria-label': words.say('store'),
      testid: 'store-filter',
      onchange: (/** @type {any} */ event) => {
        store = event.target.value;
        remember('desk.store', store);
        show();
      },
    },
    options.map(([value, text]) => h('option', { value, selected: value === store }, text)),
  );
}

function board() {
  const { words } = door;
  const shown = { words, products, stores, busy, unfolded, act, cancel, copy };
  return h(
    'main.board',
    { testid: `board-${kind}` },
    COLUMNS[kind].map((column) => {
      const here = inColumn(orders.all.values(), kind, store, column, Date.now());
      return h(
        'section.column',
        { testid: `column-${column.key}` },
        h('h2', {}, words.say(column.key), h('span.number', {}, String(here.length))),
        here.length > 0
          ? here.map((order) => orderCard(order, shown))
          : h('p.none', {}, words.say(`none_${column.key}`)),
      );
    }),
  );
}

/** @param {any} order @param {string} action */
async function act(order, action) {
  const { code } = order;
  const { words } = door;
  busy.add(order.id);
  show();
  try {
    const outcome = await orders.act(order, action);
    if (outcome === 'done') notices.say(words.say(`done_${action}`, { code }));
    else notices.say(words.say('changed', { code }), 'sorry');
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) door.sessionOver();
    else notices.say(error instanceof ProblemError ? error.message : words.say('lost'), 'sorry');
  } finally {
    busy.delete(order.id);
    show();
  }
}

/** Asked twice: goods go back on the shelf. @param {any} order */
function cancel(order) {
  const { words } = door;
  const close = () => {
    dialog.close();
    dialog.remove();
  };
  const dialog = h(
    'dialog.sure',
    { testid: 'sure', onclose: () => dialog.remove() },
    h('h2', {}, words.say('cancel_sure', { code: order.code })),
    h(
      'div.actions',
      {},
      h('button.second', { onclick: close }, words.say('keep')),
      h(
        'button.primary',
        {
          testid: 'sure-yes',
          onclick: () => {
            close();
            act(order, 'cancel');
          },
        },
        words.say('cancel'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {string} text */
async function copy(text) {
  const done = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  notices.say(door.words.say(done ? 'copied' : 'failed'), done ? 'plain' : 'sorry');
}

door.open();
