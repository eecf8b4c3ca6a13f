// Coming in, and bringing others: full rooms, codes, another device.

/** @param {import('../features.js').House} _house */
export function install(_house) {}
