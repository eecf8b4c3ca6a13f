// Being there together, in words.

/** @type {import('../texts.js').Texts} */
export const TEXTS = {
  en: { people: 'Who is here', you: 'you', person_acts: 'What to do with {name}' },
  fr: { people: 'Qui est là', you: 'vous', person_acts: 'Que faire avec {name}' },
  it: { people: 'Chi è qui', you: 'lei', person_acts: 'Che cosa fare con {name}' },
};
