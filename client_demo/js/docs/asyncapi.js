// What an AsyncAPI document says of messages, in the shape that a reader wants. No DOM in here.

/**
 * @typedef {object} Member
 * @property {string} name @property {string} type in words @property {boolean} needed
 * @property {string} about limits, and what its type says of itself
 * @typedef {object} Entry
 * @property {string} name of the event @property {'up' | 'down'} way @property {string} summary
 * @property {string} more longer text, kept as it is @property {string[]} roles who may send it
 * @property {string} rate how often one connection may send it, in words; empty for what comes down
 * @property {boolean} change whether it carries the room's `rev` @property {boolean} binary
 * @property {Member[]} members @property {Member[]} answer of what goes up
 */

const SHARED = new Set(['ok', 'rev']); // members of every acknowledgement

/** @param {any} document @returns {Entry[]} what goes up first, each half by name */
export function entries(document) {
  const { messages, schemas } = document.components;
  const found = Object.entries(messages)
    .filter(([, message]) => message['x-way'])
    .map(([key, message]) => entry(key, message, document.operations, schemas));
  return found.sort((a, b) => b.way.localeCompare(a.way) || a.name.localeCompare(b.name));
}

/** @param {string} key @param {any} message @param {any} operations @param {any} schemas */
function entry(key, message, operations, schemas) {
  const schema = resolved(message.payload, schemas);
  const operation = operations[`on_${message.name}`];
  const answered = message['x-way'] === 'up' && operation?.reply?.messages[0].$ref;
  const answer = answered ? schemas[answered.split('/').at(-1)] : null;
  return {
    name: message.name,
    way: message['x-way'],
    key,
    summary: message.summary ?? '',
    more: message.description ?? '',
    roles: message['x-roles'] ?? [],
    rate: rateOf(message['x-rate']),
    change: message['x-class'] === 'change',
    binary: message.contentType !== undefined,
    members: members(schema, schemas),
    answer: answer ? members(answer, schemas).filter(({ name }) => !SHARED.has(name)) : [],
  };
}

/** @param {{per_second: number, at_once: number, shared: boolean} | undefined} rate */
function rateOf(rate) {
  if (!rate) return '';
  const words = `${rate.per_second} a second, ${rate.at_once} at once`;
  return rate.shared ? `${words}, together with all messages without a rate of their own` : words;
}

/** @param {any} schema @param {any} schemas @returns {Member[]} */
function members(schema, schemas) {
  const needed = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, value]) => ({
    name,
    type: typeOf(value, schemas),
    needed: needed.has(name),
    about: limits(resolved(value, schemas)),
  }));
}

/** @param {any} schema @param {any} schemas @returns {any} */
function resolved(schema, schemas) {
  return schema?.$ref ? schemas[schema.$ref.split('/').at(-1)] : (schema ?? {});
}

/** @param {any} schema @param {any} schemas @returns {string} a type in a few words */
export function typeOf(schema, schemas) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1);
    const found = schemas[name];
    return found.properties ? name : typeOf(found, schemas);
  }
  if (schema.enum) return schema.enum.map((/** @type {any} */ v) => JSON.stringify(v)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((/** @type {any} */ s) => typeOf(s, schemas)).join(' | ');
  if (schema.type === 'array') return listOf(schema, schemas);
  if (schema.type === 'object' && schema.additionalProperties?.type) {
    return `{…: ${typeOf(schema.additionalProperties, schemas)}}`;
  }
  return schema.type ?? 'anything';
}

/** @param {any} schema @param {any} schemas */
function listOf(schema, schemas) {
  if (schema.prefixItems) {
    return `[${schema.prefixItems.map((/** @type {any} */ s) => typeOf(s, schemas)).join(', ')}]`;
  }
  return schema.items ? `[${typeOf(schema.items, schemas)}, …]` : 'list';
}

const LIMITS = [
  ['minimum', 'from'],
  ['maximum', 'to'],
  ['minLength', 'letters from'],
  ['maxLength', 'letters to'],
  ['maxItems', 'at most'],
  ['default', 'else'],
];

/** @param {any} schema */
function limits(schema) {
  const said = LIMITS.filter(
    ([key]) => schema[key] !== undefined && typeof schema[key] !== 'object',
  );
  return said.map(([key, word]) => `${word} ${JSON.stringify(schema[key])}`).join(', ');
}

/** @param {Entry} entry @param {string} words @returns {boolean} */
export function speaksOf(entry, words) {
  const text = [entry.name, entry.summary, ...entry.members.map((m) => m.name)].join(' ');
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}
