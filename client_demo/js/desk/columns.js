// Which order lies where on the board.

const DAY_MS = 86_400_000;

/** @typedef {{key: string, statuses: string[], finished?: boolean}} Column */

/** @type {Record<'pickup' | 'gift_box', Column[]>} */
export const COLUMNS = {
  pickup: [
    { key: 'to_prepare', statuses: ['scheduled', 'preparing'] },
    { key: 'ready', statuses: ['ready'] },
    { key: 'handed_over', statuses: ['handed_over'], finished: true },
  ],
  gift_box: [
    { key: 'to_announce', statuses: ['draft'] },
    { key: 'to_pack', statuses: ['announced', 'packed'] },
    { key: 'sent', statuses: ['shipped', 'delivered'], finished: true },
  ],
};

/**
 * @param {Iterable<any>} orders @param {'pickup' | 'gift_box'} kind @param {string} store '' for all
 * @param {Column} column @param {number} now ms
 * @returns {any[]} what is due first, first; what is finished, latest first
 */
export function inColumn(orders, kind, store, column, now) {
  const here = [...orders].filter(
    (order) =>
      order.fulfilment.kind === kind &&
      column.statuses.includes(order.fulfilment.status) &&
      (!store || order.fulfilment.store === store) &&
      (order.status !== 'completed' || now - lastChange(order) < DAY_MS),
  );
  if (column.finished) return here.sort((a, b) => lastChange(b) - lastChange(a));
  return here.sort((a, b) => due(a).localeCompare(due(b)));
}

/** @param {any} order @returns {number} ms */
export function lastChange({ history, placed_at }) {
  return Date.parse(history?.at(-1)?.at ?? placed_at ?? 0);
}

/** A time promised comes before one that was not. @param {any} order */
function due({ fulfilment, placed_at }) {
  const slot = fulfilment.slot?.start;
  return slot ? new Date(slot).toISOString() : `9999 ${placed_at ?? ''}`;
}
