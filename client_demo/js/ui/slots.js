// When a store can be visited: its next open days and the free times of one of them.

const DAYS = 7;

/** @param {number} at ms @param {string} timeZone @returns {string} 2026-11-23 */
export function dayIn(at, timeZone) {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
}

/**
 * @param {any} store @param {number} now ms
 * @returns {string[]} its next open days, today in its own time zone first
 */
export function openDays(store, now) {
  /** @type {string[]} */
  const days = [];
  const today = Date.parse(`${dayIn(now, store.timezone)}T12:00:00Z`);
  for (let ahead = 0; days.length < DAYS && ahead < 28; ahead++) {
    const noon = new Date(today + ahead * 86_400_000);
    const weekday = (noon.getUTCDay() + 6) % 7; // Monday is 0
    if (store.hours.some((/** @type {any} */ one) => one.day === weekday)) {
      days.push(noon.toISOString().slice(0, 10));
    }
  }
  return days;
}

/**
 * @param {import('../api.js').Api} api @param {string} store @param {string} day @param {number} now ms
 * @returns {Promise<any[]>} the times that are still to come and not taken
 */
export async function freeSlots(api, store, day, now) {
  const { items } = await api.call(`/api/stores/${encodeURIComponent(store)}/slots?date=${day}`);
  return items.filter((/** @type {any} */ slot) => slot.free > 0 && Date.parse(slot.start) > now);
}
