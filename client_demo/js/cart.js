// What somebody wants to take home: lines of product, variant and quantity.

/** @typedef {{sku: string, variant: string | null, quantity: number}} Line */
/** @typedef {import('./money.js').Money} Money */

export const MOST = 20; // of one thing; whoever wants more should talk to a person

/** @param {{sku: string, variant?: string | null}} a @param {{sku: string, variant?: string | null}} b */
export function sameThing(a, b) {
  return a.sku === b.sku && (a.variant ?? null) === (b.variant ?? null);
}

/** @param {readonly Line[]} lines @param {string} sku @param {string | null} variant @returns {Line[]} */
export function add(lines, sku, variant, quantity = 1) {
  const line = { sku, variant, quantity };
  const held = lines.find((other) => sameThing(other, line));
  if (!held) return [...lines, line];
  return setQuantity(lines, held, held.quantity + quantity);
}

/**
 * @param {readonly Line[]} lines @param {{sku: string, variant: string | null}} thing
 * @param {number} quantity none or less takes the line out
 * @returns {Line[]}
 */
export function setQuantity(lines, thing, quantity) {
  if (quantity <= 0) return lines.filter((line) => !sameThing(line, thing));
  const bounded = Math.min(MOST, quantity);
  return lines.map((line) => (sameThing(line, thing) ? { ...line, quantity: bounded } : line));
}

/** @param {readonly Line[]} lines */
export function count(lines) {
  return lines.reduce((sum, line) => sum + line.quantity, 0);
}

/**
 * @param {readonly Line[]} lines
 * @param {ReadonlyMap<string, {price: Money}>} products by sku; lines of unknown products are free
 * @returns {Money | null} null when there is nothing to pay
 */
export function total(lines, products) {
  let amount = 0;
  let currency = '';
  for (const line of lines) {
    const price = products.get(line.sku)?.price;
    if (!price) continue;
    amount += price.amount * line.quantity;
    currency = price.currency;
  }
  return currency ? { amount, currency } : null;
}
