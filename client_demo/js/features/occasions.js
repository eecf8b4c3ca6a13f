// Occasions: visits that are planned, with a host and a stage.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
