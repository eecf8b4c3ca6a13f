// How often poses go out, and by which clock they are drawn.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
