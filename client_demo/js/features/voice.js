// Voices: heard from where people stand, once one has asked for it.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
