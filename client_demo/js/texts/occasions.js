// Occasions: visits that are planned, in words.

/** @type {import('../texts.js').Texts} */
export const TEXTS = { en: {}, fr: {}, it: {} };
