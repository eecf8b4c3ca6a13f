// An order before it is placed: what is missing, and the body that is sent.

/** @typedef {import('./cart.js').Line} Line */
/**
 * @typedef {object} Draft
 * @property {'pickup' | 'gift_box'} kind
 * @property {string | null} store @property {string | null} slot
 * @property {string} name the recipient's @property {string} email where the gift is announced
 * @property {string} street @property {string} postcode @property {string} city
 * @property {string} country
 * @property {string} card @property {string} from @property {boolean} wrap
 */

/** @param {string} name of the person who orders @returns {Draft} */
export function newDraft(name) {
  return {
    kind: 'pickup',
    store: null,
    slot: null,
    name: '',
    email: '',
    street: '',
    postcode: '',
    city: '',
    country: '',
    card: '',
    from: name,
    wrap: true,
  };
}

const ADDRESS = /** @type {const} */ (['street', 'postcode', 'city', 'country']);
// Whether an address receives mail only mail can tell: this catches slips of the hand.
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

/**
 * @param {Draft} draft
 * @returns {Partial<Record<keyof Draft, string>>} per field the key of the text that says what to do
 */
export function problems(draft) {
  /** @type {Partial<Record<keyof Draft, string>>} */
  const wrong = {};
  if (draft.kind === 'pickup') {
    if (!draft.store) wrong.store = 'choose_store';
    else if (!draft.slot) wrong.slot = 'choose_slot';
    return wrong;
  }
  if (!draft.name.trim()) wrong.name = 'need_recipient';
  if (!EMAIL.test(draft.email.trim())) wrong.email = 'need_email';
  if (!draft.card.trim()) wrong.card = 'need_card';
  if (!draft.from.trim()) wrong.from = 'need_from';
  const filled = ADDRESS.filter((field) => draft[field].trim());
  if (filled.length > 0 && filled.length < ADDRESS.length) {
    const first = ADDRESS.find((field) => !draft[field].trim());
    if (first) wrong[first] = 'need_address';
  }
  return wrong;
}

/**
 * The body of `POST /api/orders`.
 *
 * @param {Draft} draft without problems
 * @param {readonly Line[]} lines
 * @param {string} language in which the gift is announced
 */
export function orderBody(draft, lines, language) {
  return {
    lines: lines.map(({ sku, variant, quantity }) =>
      variant === null ? { sku, quantity } : { sku, variant, quantity },
    ),
    fulfilment: draft.kind === 'pickup' ? pickup(draft) : giftBox(draft, language),
  };
}

/** @param {Draft} draft */
function pickup(draft) {
  return { kind: 'pickup', store: draft.store, slot: draft.slot };
}

/** @param {Draft} draft @param {string} language */
function giftBox(draft, language) {
  const name = draft.name.trim();
  const address = Object.fromEntries(ADDRESS.map((field) => [field, draft[field].trim()]));
  return {
    kind: 'gift_box',
    ...(address.street ? { recipient: { name, ...address } } : {}),
    announce: { channel: 'email', to: draft.email.trim(), name, language },
    card: { text: draft.card.trim(), from: draft.from.trim() },
    wrap: draft.wrap,
  };
}
