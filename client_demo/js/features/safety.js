// Peace of mind: who is muted, hidden, blocked, and how near people come.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
