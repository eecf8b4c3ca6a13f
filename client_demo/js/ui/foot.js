// The lower edge: what one holds, what was just said, what one can show, the line to speak in.

import { h, icon, refill } from '../dom.js';
import { offered } from './offered.js';

const HINT_MS = 12_000;
const WORDS_MS = 9000; // that somebody's words stay in sight
const MOST_WORDS = 3;
const TYPING_MS = 3000; // between two signs that one is still writing

/** @typedef {import('../world.js').Avatar} Avatar */

export class Foot {
  visible = false;
  /** @type {Avatar | null} who alone shall hear what one says */ to = null;
  /** @type {Record<string, string> | null} */ #holding = null;
  #hint = true;
  #hold = h('div.holding', { hidden: true, testid: 'holding' });
  #hintPlace = h('p.hint', {});
  #heard = h('ul.heard', { 'aria-live': 'polite', testid: 'heard' });
  #writing = h('p.writing', { hidden: true, testid: 'writing' });
  #extra = h('div.extra', {});
  #tools = h('div.tools');
  /** @type {import('./offered.js').Offer[]} */ #offers = [];
  #chat;
  #input;
  #toWhom = h('div.to-whom', {});
  #send = h('button.round', { type: 'submit', testid: 'send' }, icon('send'));
  #toldTyping = 0; // when, in ms; 0 for not

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {{say: (text: string, to?: string) => Promise<boolean>, putDown: () => void,
   *   putBack: () => void, typing?: (on: boolean, to?: string) => void}} acts
   */
  constructor(place, visit, acts) {
    this.place = place;
    this.visit = visit;
    this.acts = acts;
    this.#input = h('input', {
      maxLength: 300,
      autocomplete: 'off',
      enterKeyHint: 'send',
      testid: 'say',
      oninput: () => this.#types(this.#input.value !== ''),
      onblur: () => this.#types(false),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape' && this.to) this.speakTo(null);
      },
    });
    this.#chat = h(
      'form.chat',
      { onsubmit: (/** @type {Event} */ event) => this.#say(event) },
      this.#toWhom,
      this.#input,
      this.#send,
    );
    this.place.append(
      this.#hintPlace,
      this.#hold,
      this.#heard,
      this.#extra,
      this.#tools,
      this.#writing,
      this.#chat,
    );
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
    const line = this.to ? words.say('say_to', { name: this.to.name }) : words.say('say');
    this.#input.placeholder = line;
    this.#input.setAttribute('aria-label', line);
    this.#send.setAttribute('aria-label', words.say('send'));
    refill(this.#toWhom, ...(this.to ? [this.#leaveThem(this.to)] : []));
    this.#chat.classList.toggle('private', this.to !== null);
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

  /** What one says next is for this one alone; null: for everybody. @param {Avatar | null} avatar */
  speakTo(avatar) {
    this.#types(false);
    this.to = avatar;
    this.show();
    if (avatar) this.#input.focus();
  }

  /** Somebody's words, for a while. @param {string} name @param {string} text @param {string} [aside] */
  hear(name, text, aside) {
    const line = h(
      `li${aside ? '.private' : ''}`,
      {},
      h('strong', {}, name),
      aside && h('em', {}, aside),
      ' ',
      text,
    );
    this.#heard.append(line);
    while (this.#heard.children.length > MOST_WORDS) this.#heard.firstElementChild?.remove();
    setTimeout(() => line.remove(), WORDS_MS);
  }

  /** @param {string} text empty when nobody writes */
  writing(text) {
    if (this.#writing.textContent === text) return;
    this.#writing.textContent = text;
    this.#writing.hidden = text === '';
  }

  /** Above the buttons, instead of what was there. @param {...Node} nodes */
  unfold(...nodes) {
    refill(this.#extra, ...nodes);
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

  /** @param {Avatar} avatar */
  #leaveThem(avatar) {
    return h(
      'button.round',
      {
        type: 'button',
        'aria-label': this.visit.say('say_to_all'),
        title: this.visit.say('say_to_all'),
        testid: 'say-to-all',
        style: { '--swatch': avatar.color },
        onclick: () => this.speakTo(null),
      },
      icon('whisper'),
    );
  }

  /** @param {boolean} on */
  #types(on) {
    const now = Date.now();
    if (on ? now - this.#toldTyping < TYPING_MS : this.#toldTyping === 0) return;
    this.#toldTyping = on ? now : 0;
    this.acts.typing?.(on, this.to?.id);
  }

  /** @param {Event} event */
  async #say(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (!text) return;
    this.#input.value = '';
    this.#toldTyping = 0; // the words themselves say that one has stopped
    if (!(await this.acts.say(text, this.to?.id))) this.#input.value = text;
  }
}
