// What is being typed into the checkout: kept over a reload of this tab, gone with the order.

import { newDraft, problems } from './draft.js';

/** @typedef {import('./draft.js').Draft} Draft */
/**
 * @typedef {object} Notebook
 * @property {(key: string) => any} recall @property {(key: string, value: unknown) => void} remember
 */

export class Entry {
  /** @type {Draft} */ draft;
  /** @type {Partial<Record<keyof Draft, string>>} per field the key of the text that says what to do */
  wrong = {};

  /** @param {Notebook} notebook */
  constructor(notebook) {
    this.notebook = notebook;
    this.draft = { ...newDraft(''), ...notebook.recall('draft') };
  }

  /** @template {keyof Draft} K @param {K} name @param {Draft[K]} value */
  set(name, value) {
    this.draft[name] = value;
    delete this.wrong[name];
    this.notebook.remember('draft', this.draft);
  }

  /** @returns {keyof Draft | undefined} the first field that is not as it should be */
  check() {
    this.wrong = problems(this.draft);
    return /** @type {keyof Draft} */ (Object.keys(this.wrong)[0]);
  }

  /** After the order: nobody sends the same card twice. */
  clear() {
    this.draft = newDraft(this.draft.from);
    this.wrong = {};
    this.notebook.remember('draft', null);
  }
}
