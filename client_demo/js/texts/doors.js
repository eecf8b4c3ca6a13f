// Coming in, and bringing others, in words.

/** @type {import('../texts.js').Texts} */
export const TEXTS = { en: {}, fr: {}, it: {} };
