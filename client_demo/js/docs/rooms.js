// The page for who writes a client: the messages of a room, from /asyncapi.json itself.

import { h } from '../dom.js';
import { entries, speaksOf } from './asyncapi.js';

const WAYS = { up: 'What you send', down: 'What you hear' };

/** @typedef {import('./asyncapi.js').Entry} Entry */

async function show() {
  const page = /** @type {HTMLElement} */ (document.getElementById('page'));
  try {
    const answer = await fetch('/asyncapi.json');
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    fill(page, await answer.json());
  } catch (error) {
    page.replaceChildren(
      h(
        'p.wrong',
        { role: 'alert' },
        `/asyncapi.json cannot be read (${error}). Is the server up?`,
      ),
    );
  }
}

/** @param {HTMLElement} page @param {any} document */
function fill(page, document) {
  const all = entries(document);
  const list = h('div.messages');
  const found = h('p.found', { role: 'status' });
  const search = h('input', {
    type: 'search',
    placeholder: 'grab, revision, position …',
    testid: 'search',
    'aria-label': 'Search messages',
    oninput: () => refresh(),
  });
  const refresh = () => {
    const shown = all.filter((entry) => speaksOf(entry, search.value));
    found.textContent = `${shown.length} of ${all.length} messages`;
    list.replaceChildren(...halves(shown));
  };
  page.replaceChildren(
    h(
      'header',
      {},
      h('h1', {}, document.info.title),
      h(
        'p.version',
        {},
        `Version ${document.info.version} · AsyncAPI ${document.asyncapi} · `,
        h('a', { href: '/asyncapi.json' }, '/asyncapi.json'),
      ),
      h('pre.about', {}, document.info.description),
    ),
    h('div.search', {}, search, found),
    list,
  );
  refresh();
  if (location.hash) globalThis.document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** @param {Entry[]} shown */
function halves(shown) {
  return Object.entries(WAYS).flatMap(([way, title]) => {
    const own = shown.filter((entry) => entry.way === way);
    return own.length ? [h('section', {}, h('h2', {}, title), ...own.map(message))] : [];
  });
}

/** @param {Entry} entry */
function message(entry) {
  const id = `${entry.way}-${entry.name}`;
  return h(
    'article',
    { id, testid: id },
    h(
      'h3',
      {},
      h('a', { href: `#${id}` }, entry.name),
      entry.change && h('span.tag', {}, 'change'),
      entry.binary && h('span.tag', {}, 'binary'),
    ),
    entry.summary && h('p', {}, entry.summary),
    entry.roles.length > 0 && h('p.roles', {}, `For: ${entry.roles.join(', ')}`),
    entry.rate && h('p.roles', {}, `At most: ${entry.rate}`),
    entry.more && h('pre', {}, entry.more),
    table(entry.members, 'Members'),
    table(entry.answer, 'Answered with, beside ok and rev'),
  );
}

/** @param {import('./asyncapi.js').Member[]} members @param {string} title */
function table(members, title) {
  if (!members.length) return null;
  const rows = members.map((member) =>
    h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        h('code', {}, member.name),
        !member.needed && h('small', {}, ' optional'),
      ),
      h('td', {}, h('code', {}, member.type)),
      h('td', {}, member.about),
    ),
  );
  return h('table', {}, h('caption', {}, title), h('tbody', {}, ...rows));
}

show();
