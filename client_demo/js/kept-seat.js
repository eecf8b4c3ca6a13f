// One's place in a room over a reload of the page: the same avatar, or the same place in the line.

/**
 * @typedef {object} KeptSeat
 * @property {string} resume the token of the latest welcome @property {string} url
 * @property {string} showroom @property {string} person whose it is
 */

/**
 * The seat to come back to: only after a reload, for a copy of the tab is a visit of its own.
 *
 * @param {KeptSeat | null} kept @param {{reloaded: boolean, showroom: string, person: string}} now
 * @returns {{resume: string, url: string} | null}
 */
export function seatAgain(kept, { reloaded, showroom, person }) {
  if (!kept?.resume || !reloaded || !person) return null;
  if (kept.showroom !== showroom || kept.person !== person) return null;
  return { resume: kept.resume, url: kept.url };
}

/** @returns {boolean} this page was here before in this tab, and was loaded again */
export function wasReloaded() {
  const [entry] = performance.getEntriesByType('navigation');
  return /** @type {any} */ (entry)?.type === 'reload';
}
