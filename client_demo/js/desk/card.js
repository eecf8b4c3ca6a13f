// One order on the board: who comes when, what is in it, and the next step.

import { h, icon } from '../dom.js';
import { posterOf } from '../files.js';
import { formatMoney } from '../money.js';
import { image } from '../ui/bits.js';

/**
 * @typedef {object} Shown
 * @property {import('../i18n.js').Words} words @property {ReadonlyMap<string, any>} products
 * @property {ReadonlyMap<string, any>} stores @property {ReadonlySet<string>} busy ids
 * @property {(order: any, action: string) => void} act @property {(order: any) => void} cancel
 * @property {(text: string) => void} copy
 * @property {Map<string, boolean>} unfolded by id: details that were opened or closed by hand
 */

/** @param {any} order @param {Shown} shown */
export function orderCard(order, shown) {
  const { words } = shown;
  const { fulfilment } = order;
  const pickup = fulfilment.kind === 'pickup';
  const steps = (order.actions ?? []).filter((/** @type {string} */ action) => action !== 'cancel');
  return h(
    'article.ticket',
    { testid: `order-${order.code}`, 'data-status': fulfilment.status, 'aria-label': order.code },
    h(
      'header',
      {},
      h('strong.code', {}, order.code),
      h('span.state', { testid: 'state' }, words.say(`status_${fulfilment.status}`)),
    ),
    pickup ? whoComes(order, shown) : whoGets(order, shown),
    h(
      'ul.goods',
      {},
      order.lines.map((/** @type {any} */ line) => goods(line, shown)),
    ),
    pickup ? null : box(order, shown),
    steps.includes('announce') && letter(order, shown),
    h(
      'footer',
      {},
      steps.map((/** @type {string} */ action) =>
        h(
          'button.primary',
          {
            testid: `act-${action}`,
            disabled: shown.busy.has(order.id),
            onclick: () => shown.act(order, action),
          },
          icon('check'),
          words.say(action),
        ),
      ),
      order.actions?.includes('cancel') &&
        h(
          'button.link',
          { testid: 'act-cancel', onclick: () => shown.cancel(order) },
          words.say('cancel'),
        ),
    ),
  );
}

/** @param {any} order @param {Shown} shown */
function whoComes({ fulfilment, customer, payment, total }, { words, stores }) {
  const store = stores.get(fulfilment.store);
  const when = fulfilment.slot
    ? slotText(fulfilment.slot.start, store?.timezone, words)
    : words.say('any_time');
  const open = payment?.status !== 'captured' && fulfilment.status !== 'handed_over';
  return h(
    'div.who',
    {},
    h('p.when', {}, when),
    h('p.name', { testid: 'collector' }, fulfilment.collector ?? customer?.name ?? ''),
    h('p.soft', {}, store?.name ?? fulfilment.store),
    open && h('p.soft', {}, words.say('pays', { total: formatMoney(total, words.language) })),
  );
}

/** @param {string} start @param {string | undefined} timeZone @param {import('../i18n.js').Words} words */
function slotText(start, timeZone, words) {
  const day = (/** @type {string | number} */ at) =>
    new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date(at));
  if (day(start) === day(Date.now()))
    return words.say('today', { time: words.time(start, timeZone) });
  return words.dateTime(start, timeZone);
}

/** @param {any} order @param {Shown} shown */
function whoGets({ fulfilment, customer }, { words, stores }) {
  const from = fulfilment.card?.from ?? customer?.name ?? '';
  return h(
    'div.who',
    {},
    h('p.name', {}, words.say('for_person', { name: fulfilment.announce.name })),
    h('p.soft', {}, words.say('from_person', { name: from })),
    h('p.soft', {}, stores.get(fulfilment.store)?.name ?? ''),
  );
}

/** @param {any} line @param {Shown} shown */
function goods(line, { words, products }) {
  const product = products.get(line.sku);
  const variants = product?.variants ?? [];
  const variant = variants.find((/** @type {any} */ one) => one.id === line.variant);
  const finish = words.pick(line.variant_name ?? variant?.names);
  const poster = posterOf(product, line.variant);
  return h(
    'li',
    {},
    poster && h('span.picture', {}, image(poster, '')), // its name stands beside it
    h('span.quantity', {}, `${line.quantity} ×`),
    h('span.dot', { style: { '--swatch': variant?.swatch ?? 'transparent' }, hidden: !variant }),
    h('span', {}, words.pick(line.name), finish && h('span.soft', {}, ` ${finish}`)),
  );
}

/** What the packer needs. @param {any} order @param {Shown} shown */
function box({ id, fulfilment }, { words, unfolded }) {
  const { recipient, card, wrap, ship_after } = fulfilment;
  const address = recipient
    ? [
        recipient.name,
        recipient.street,
        `${recipient.postcode} ${recipient.city}`,
        recipient.country,
      ].join(', ')
    : words.say('no_address');
  return h(
    'details.box',
    {
      open: unfolded.get(id) ?? ['announced', 'packed'].includes(fulfilment.status),
      onclick: (/** @type {any} */ event) => {
        if (event.target.tagName === 'SUMMARY') unfolded.set(id, !event.currentTarget.open);
      },
    },
    h('summary', {}, words.say('more')),
    h(
      'dl',
      {},
      h('dt', {}, words.say('card')),
      h('dd', {}, h('q', {}, card?.text ?? ''), ` ${card?.from ?? ''}`),
      h('dt', {}, words.say('address')),
      h('dd', {}, address),
    ),
    h('p.soft', {}, words.say(wrap ? 'wrap' : 'no_wrap')),
    ship_after && h('p.soft', {}, words.say('ship_after', { day: words.day(ship_after) })),
  );
}

/** @param {any} order @param {Shown} shown */
function letter({ announcement }, { words, copy }) {
  if (!announcement) return null;
  const { to, subject, text, status } = announcement;
  const key = status === 'failing' ? 'announcement_failing' : 'announcement_waiting';
  const mail = `mailto:${encodeURIComponent(to)}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text)}`;
  return h(
    'div.letter',
    { testid: 'announcement' },
    h(status === 'failing' ? 'p.wrong' : 'p.soft', {}, words.say(key)),
    h('p.to', {}, words.say('announcement', { to })),
    h('p.subject', {}, subject),
    h('pre', { testid: 'announcement-text', tabIndex: 0 }, text),
    h(
      'div.letter-acts',
      {},
      h('a.second', { href: mail }, words.say('write_mail')),
      h('button.link', { onclick: () => copy(`${subject}\n\n${text}`) }, words.say('copy')),
    ),
  );
}
