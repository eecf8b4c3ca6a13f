// The desk page: sign in, then the board of orders to prepare, hand over and send.

import { Api, ProblemError } from '../api.js';
import { h } from '../dom.js';
import { chooseLanguage, LANGUAGES, Words } from '../i18n.js';
import { recall, remember } from '../memory.js';
import { Notices } from '../ui/notices.js';
import { orderCard } from './card.js';
import { COLUMNS, inColumn } from './columns.js';
import { showLogin } from './login.js';
import { DeskOrders } from './orders.js';
import { DESK_TEXTS } from './texts.js';

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const api = new Api();
const place = byId('desk');
const notices = new Notices(byId('notices'), byId('banner'));
let words = new Words(recall('language') ?? chooseLanguage(navigator.languages), DESK_TEXTS);
document.documentElement.lang = words.language;

/** @type {{token: string, name: string} | null} */
let staff = recall('staff');
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

const orders = new DeskOrders(api, {
  changed: show,
  reachable: (yes) => notices.banner(yes ? null : words.say('lost')),
  signedOut: () => signOut(words.say('session_over')),
});

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
  orders.stop();
  staff = null;
  api.token = null;
  remember('staff', null);
  notices.banner(null);
  showLogin({ place, words, notice, languages: languagePicker(), signIn });
}

async function open() {
  if (!staff) {
    signOut();
    return;
  }
  api.token = staff.token;
  await loadCatalogue();
  show();
  await orders.start();
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
  if (!staff) return;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const scroll = window.scrollY;
  const was = focused?.closest('.ticket')?.getAttribute('data-testid');
  const name = focused?.dataset?.testid;
  place.replaceChildren(header(), board());
  window.scrollTo(0, scroll);
  if (name) {
    const ticket = was ? `[data-testid="${was}"] ` : '';
    const same = place.querySelector(`${ticket}[data-testid="${name}"]`);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  }
}

function header() {
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
    h(
      'div.top-right',
      {},
      storePicker(),
      languagePicker(),
      h('span.who-am-i', {}, staff?.name ?? ''),
      h('button.link', { onclick: () => signOut(), testid: 'sign-out' }, words.say('sign_out')),
    ),
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
    words.say(text),
    due > 0 && h('span.count', {}, String(due)),
  );
}

function storePicker() {
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

function languagePicker() {
  return h(
    'select.choice.short',
    {
      'aria-label': words.say('language'),
      testid: 'language',
      onchange: (/** @type {any} */ event) => {
        words = new Words(event.target.value, DESK_TEXTS);
        remember('language', words.language);
        document.documentElement.lang = words.language;
        if (staff) show();
        else signOut();
      },
    },
    LANGUAGES.map((one) =>
      h('option', { value: one, selected: one === words.language }, one.toUpperCase()),
    ),
  );
}

function board() {
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
  busy.add(order.id);
  show();
  try {
    const outcome = await orders.act(order, action);
    if (outcome === 'done') notices.say(words.say(`done_${action}`, { code }));
    else notices.say(words.say('changed', { code }), 'sorry');
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) signOut(words.say('session_over'));
    else notices.say(error instanceof ProblemError ? error.message : words.say('lost'), 'sorry');
  } finally {
    busy.delete(order.id);
    show();
  }
}

/** Asked twice: goods go back on the shelf. @param {any} order */
function cancel(order) {
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
  notices.say(words.say(done ? 'copied' : 'failed'), done ? 'plain' : 'sorry');
}

open();
