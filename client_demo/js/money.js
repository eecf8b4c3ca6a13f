// Money as people read it: integer minor units and a currency in, words of their language out.

/** @typedef {{amount: number, currency: string}} Money */

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {Money} money minor units (cents) and ISO 4217
 * @param {string} language
 */
export function formatMoney(money, language) {
  const key = `${language} ${money.currency}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, { style: 'currency', currency: money.currency });
    formats.set(key, format);
  }
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(money.amount / 10 ** digits);
}
