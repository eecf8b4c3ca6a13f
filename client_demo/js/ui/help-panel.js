// A human is one tap away. For visitors: that they are called. For guides: who waits.

import { h, icon } from '../dom.js';

export class HelpPanel {
  #text = '';
  #guides = 0; // of the house, told by the room

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../company.js').Company} company @param {import('../world.js').World} world
   * @param {{call: (on: boolean, text: string) => Promise<number | null>, answer: (id: string) => void}} acts
   */
  constructor(sheet, visit, company, world, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.company = company;
    this.world = world;
    this.acts = acts;
    visit.on('words', () => this.again());
  }

  again() {
    if (this.sheet.name === 'help') this.#render();
  }

  /** The one tap: whoever is here from the house knows of it before the sheet is open. */
  async press() {
    if (this.company.calls.has(this.world.me ?? '')) return this.#render();
    this.#text = '';
    await this.#call(true);
  }

  /** @param {boolean} on */
  async #call(on) {
    const guides = await this.acts.call(on, this.#text);
    if (guides === null) return;
    this.#guides = guides;
    const { you } = this.world;
    if (!on || !you) return this.sheet.close();
    // The answer may overtake the news of one's own call.
    this.company.calls.set(you.id, { by: you.id, name: you.name, text: this.#text });
    this.#render();
  }

  /** For guides. */
  showCalls() {
    const calls = [...this.company.calls.values()].filter(({ by }) => by !== this.world.me);
    this.sheet.open({
      name: 'help',
      title: this.visit.say('calls'),
      body:
        calls.length > 0
          ? [h('ul.calls', {}, ...calls.map((call) => this.#waiting(call)))]
          : [h('p.soft', {}, this.visit.say('no_calls'))],
    });
  }

  #render() {
    if (this.guides) return this.showCalls();
    const { visit } = this;
    if (!this.company.calls.has(this.world.me ?? '')) return this.sheet.close();
    const here = this.#guides > 0;
    this.sheet.open({
      name: 'help',
      title: visit.say(here ? 'help_coming' : 'help_waiting'),
      body: [
        h('p', {}, visit.say(here ? 'help_coming_lead' : 'help_waiting_lead')),
        h(
          'form.help-form',
          {
            onsubmit: (/** @type {Event} */ event) => {
              event.preventDefault();
              this.#call(true);
            },
          },
          h('label', { htmlFor: 'help-text' }, visit.say('help_about')),
          h('textarea', {
            id: 'help-text',
            maxLength: 200,
            rows: 2,
            value: this.#text,
            testid: 'help-text',
            oninput: (/** @type {any} */ event) => {
              this.#text = event.target.value;
            },
          }),
          h('button.second', { type: 'submit', testid: 'help-send' }, visit.say('help_send')),
        ),
        ...(here ? [] : this.#stores()),
      ],
      foot: [
        h(
          'button.second.wide',
          { onclick: () => this.#call(false), testid: 'help-off' },
          visit.say('help_off'),
        ),
      ],
    });
  }

  get guides() {
    return (this.world.you?.role ?? 'shopper') !== 'shopper';
  }

  /** Nobody of the house is in the room: where else there are humans. */
  #stores() {
    const { visit } = this;
    if (visit.stores.length === 0) return [];
    return [
      h('h3', {}, visit.say('help_stores')),
      h(
        'ul.help-stores',
        {},
        ...visit.stores.map((store) =>
          h('li', {}, h('strong', {}, store.name), h('span.soft', {}, store.address)),
        ),
      ),
    ];
  }

  /** @param {import('../company.js').Call} call */
  #waiting({ by, name, text }) {
    return h(
      'li',
      {},
      h('p', {}, h('strong', {}, name), text && h('span.soft', {}, text)),
      h(
        'button.primary',
        { onclick: () => this.acts.answer(by), testid: `answer-call-${by}` },
        icon('bell'),
        this.visit.say('i_come'),
      ),
    );
  }
}
