// Words in the visitor's language.

import { TEXTS } from './texts.js';

export const LANGUAGES = ['en', 'fr', 'it'];

/**
 * @param {readonly string[]} wishes BCP 47 tags, the dearest first
 * @returns {string} one of LANGUAGES
 */
export function chooseLanguage(wishes) {
  for (const wish of wishes) {
    const short = wish.toLowerCase().split('-')[0];
    if (LANGUAGES.includes(short)) return short;
  }
  return LANGUAGES[0];
}

/** One language's words, dates and names. */
export class Words {
  /** @param {string} language @param {Record<string, Record<string, string>>} [texts] */
  constructor(language, texts = TEXTS) {
    this.language = language;
    this.texts = texts;
  }

  /**
   * @param {string} key of texts.js @param {Record<string, string | number>} [facts]
   * @returns {string} the key itself when there is no such text, so that it is seen
   */
  say(key, facts = {}) {
    const text = this.texts[this.language]?.[key] ?? this.texts.en[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
  }

  /** @param {string} key */
  has(key) {
    return key in this.texts.en;
  }

  /** @param {Record<string, string> | undefined} names by language @returns {string} */
  pick(names) {
    return names?.[this.language] ?? names?.en ?? Object.values(names ?? {})[0] ?? '';
  }

  /** @param {string} instant RFC 3339 @param {string} [timeZone] IANA */
  dateTime(instant, timeZone) {
    return this.#date(instant, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: 'numeric',
      minute: '2-digit',
      timeZone,
    });
  }

  /** @param {string} instant @param {string} [timeZone] */
  time(instant, timeZone) {
    return this.#date(instant, { hour: 'numeric', minute: '2-digit', timeZone });
  }

  /** @param {string} day 2026-11-23 */
  day(day) {
    return this.#date(`${day}T12:00:00Z`, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    });
  }

  /** @param {string} instant @param {Intl.DateTimeFormatOptions} options */
  #date(instant, options) {
    const language = this.language === 'en' ? 'en-GB' : this.language;
    return new Intl.DateTimeFormat(language, options).format(new Date(instant));
  }
}
