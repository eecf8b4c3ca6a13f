// What the browser remembers between visits: who one is, the language, an unanswered order.

/** @typedef {{name: string, color: string, token: string, personId: string}} Identity */

const PREFIX = 'vitrine.';

/** Private windows may refuse storage: then a visit is remembered as long as the page lives. */
const fallback = new Map();

/** @param {string} key @returns {any} */
export function recall(key) {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? (fallback.get(key) ?? null) : JSON.parse(text);
  } catch {
    return fallback.get(key) ?? null;
  }
}

/** @param {string} key @param {unknown} value null forgets */
export function remember(key, value) {
  fallback.set(key, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // The map above has it for this visit.
  }
}
