// The lower edge: what one holds, the chat line, a hint for the first minute.

import { h, icon, refill } from '../dom.js';
import { offered } from './offered.js';

const HINT_MS = 12_000;

export class Foot {
  visible = false;
  /** @type {Record<string, string> | null} */ #holding = null;
  #hint = true;
  #hold = h('div.holding', { hidden: true, testid: 'holding' });
  #hintPlace = h('p.hint', {});
  #tools = h('div.tools');
  /** @type {import('./offered.js').Offer[]} */ #offers = [];
  #chat;

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {{say: (text: string) => Promise<boolean>, putDown: () => void, putBack: () => void}} acts
   */
  constructor(place, visit, acts) {
    this.place = place;
    this.visit = visit;
    this.acts = acts;
    this.#chat = h('form.chat', { onsubmit: (/** @type {Event} */ event) => this.#say(event) });
    this.place.append(this.#hintPlace, this.#hold, this.#tools, this.#chat);
    visit.on('words', () => this.show());
  }

  /** A round button above the chat line; `show()` draws it again. @param {import('./offered.js').Offer} offer */
  offer(offer) {
    this.#offers.push(offer);
    this.show();
  }

  show() {
    if (!this.visible) return;
    const { words } = this.visit;
    this.place.classList.add('shown');
    refill(this.#tools, ...offered('button.round', this.#offers, words));
    const typed = this.#chat.querySelector('input')?.value ?? '';
    refill(
      this.#chat,
      h('input', {
        value: typed,
        maxLength: 300,
        placeholder: words.say('say'),
        'aria-label': words.say('say'),
        autocomplete: 'off',
        enterKeyHint: 'send',
        testid: 'say',
      }),
      h(
        'button.round',
        { type: 'submit', 'aria-label': words.say('send'), testid: 'send' },
        icon('send'),
      ),
    );
    const touch = matchMedia('(pointer: coarse)').matches;
    this.#hintPlace.textContent = words.say(touch ? 'hint_touch' : 'hint_desktop');
    this.#hintPlace.hidden = !this.#hint || this.#holding !== null;
    this.#showHolding();
  }

  /** The hint leaves once one has found out, or after a while. */
  learned() {
    setTimeout(() => {
      this.#hint = false;
      this.#hintPlace.hidden = true;
    }, HINT_MS);
  }

  /** @param {Record<string, string> | null} names of what is held, by language */
  holding(names) {
    this.#holding = names;
    this.show();
  }

  #showHolding() {
    const { words } = this.visit;
    this.#hold.hidden = this.#holding === null;
    if (!this.#holding) return;
    this.#hold.replaceChildren(
      h('p', { role: 'status' }, words.say('holding', { name: words.pick(this.#holding) })),
      h(
        'button.primary',
        { onclick: this.acts.putDown, testid: 'put-down' },
        icon('down'),
        words.say('put_here'),
      ),
      h(
        'button.second',
        { onclick: this.acts.putBack, testid: 'put-back' },
        icon('undo'),
        words.say('put_back'),
      ),
    );
  }

  /** @param {Event} event */
  async #say(event) {
    event.preventDefault();
    const input = this.#chat.querySelector('input');
    const text = input?.value.trim();
    if (!input || !text) return;
    input.value = '';
    if (!(await this.acts.say(text))) input.value = text;
  }
}
