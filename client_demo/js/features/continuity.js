// Coming back after a lost line without missing a thing.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
