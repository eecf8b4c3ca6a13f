// Under the welcome: a field for the code that somebody was given, once they say that they have one.

import { h } from '../dom.js';

export class CodeCard {
  /** What a code is good for; answers a key of the texts, or nothing when all is well.
   * @type {((text: string) => Promise<string>) | null} */
  use = null;
  /** @type {'closed' | 'open' | 'busy'} */ #field = 'closed';
  #code = '';
  #wrong = '';

  /**
   * @param {HTMLElement} place that it is drawn into @param {import('../visit.js').Visit} visit
   * @param {() => void} redraw unless somebody has gone in meanwhile
   */
  constructor(place, visit, redraw) {
    this.place = place;
    this.visit = visit;
    this.redraw = redraw;
  }

  close() {
    this.#field = 'closed';
  }

  /** @returns {HTMLElement | false} as it is now */
  draw() {
    return this.#field === 'closed' ? this.#button() : this.#form(this.visit.words);
  }

  #button() {
    if (!this.use) return false;
    return h(
      'button.pill.have-code',
      {
        type: 'button',
        testid: 'have-code',
        onclick: () => {
          this.#field = 'open';
          this.redraw();
          this.place.querySelector('#code')?.scrollIntoView({ block: 'nearest' });
          /** @type {any} */ (this.place.querySelector('#code'))?.focus();
        },
      },
      this.visit.words.say('have_code'),
    );
  }

  /** @param {import('../i18n.js').Words} words */
  #form(words) {
    const known = this.place.querySelector('[data-testid="code-form"]');
    return h(
      known ? 'form.code-card' : 'form.code-card.rise',
      {
        testid: 'code-form',
        noValidate: true,
        onsubmit: (/** @type {Event} */ event) => this.#submit(event),
      },
      h(
        'div.field',
        {},
        h('label', { htmlFor: 'code' }, words.say('code_lead')),
        h('input.code-input', {
          id: 'code',
          value: this.#code,
          maxLength: 12,
          autocomplete: 'off',
          autocapitalize: 'characters',
          spellcheck: false,
          enterKeyHint: 'go',
          'aria-label': words.say('code_label'),
          'aria-invalid': this.#wrong ? 'true' : null,
          testid: 'code-field',
          oninput: (/** @type {any} */ event) => {
            this.#code = event.target.value;
          },
        }),
        this.#wrong &&
          h('p.wrong', { role: 'alert', testid: 'code-error' }, words.say(this.#wrong)),
      ),
      h(
        'button.second.wide',
        { type: 'submit', testid: 'code-go', disabled: this.#field === 'busy' },
        words.say('code_go'),
      ),
    );
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#field === 'busy' || !this.use) return;
    this.#field = 'busy';
    this.#wrong = '';
    this.redraw();
    this.#wrong = await this.use(this.#code);
    if (this.#field === 'busy') this.#field = 'open';
    this.redraw();
  }
}
