// Short codes: how they are written, how they are typed, and where an address says one is.

const LENGTH = 6;

/** @param {string} code @returns {string} in two groups, as people read it aloud */
export function grouped(code) {
  return `${code.slice(0, 3)}\u2009${code.slice(3)}`;
}

/**
 * What somebody typed, as far as it can be a code; whether it opens something the server knows.
 *
 * @param {string} text @returns {string} without gaps, in capitals; empty when it cannot be one
 */
export function typed(text) {
  const code = text.replace(/[\s\u2010-\u2014.-]/g, '').toUpperCase();
  return new RegExp(`^[0-9A-Z]{${LENGTH}}$`).test(code) ? code : '';
}

/**
 * The code that an address brings along: of a room in its query, of a visit after its hash.
 *
 * @param {{search: string, hash: string}} address @returns {{room: string, visit: string}}
 */
export function codesIn({ search, hash }) {
  const visit = new URLSearchParams(hash.slice(1)).get('continue') ?? '';
  return { room: new URLSearchParams(search).get('code') ?? '', visit: typed(visit) };
}

/** @param {number} ms @returns {string} minutes and seconds, never below none */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * @param {number[]} rotation xyzw of a head @returns {number} radians around +Y, whatever its nod
 */
export function headingOf([x, y, z, w]) {
  return Math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y));
}
