// What one looks like and is called here: name, colour, figure.

import { h } from '../dom.js';
import { COLORS } from './who-fields.js';

/** @typedef {{name: string, color: string, figure: string}} Looks */
/** @typedef {{id: string, name: Record<string, string>, asset: string | null, files: any[]}} FigureChoice */

export class LooksPanel {
  /** @type {Looks} */ #looks = { name: '', color: '', figure: 'round' };
  /** @type {FigureChoice[]} */ figures = [];

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../world.js').World} world
   * @param {{wear: (looks: Looks) => Promise<boolean>, picture: (figure: string, color: string) => Element}} acts
   */
  constructor(sheet, visit, world, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.world = world;
    this.acts = acts;
    visit.on('words', () => this.sheet.name === 'looks' && this.#render());
  }

  show() {
    const { you } = this.world;
    if (!you) return;
    this.#looks = { name: you.name, color: you.color, figure: you.figure ?? 'round' };
    this.#render();
  }

  #render() {
    const { visit } = this;
    const guest = this.world.you?.role === 'shopper';
    this.sheet.open({
      name: 'looks',
      title: visit.say('looks'),
      body: [
        h(
          'form.looks',
          {
            id: 'looks',
            onsubmit: (/** @type {Event} */ event) => {
              event.preventDefault();
              this.#wear();
            },
          },
          this.#figures(),
          this.#colors(),
          guest && this.#name(),
        ),
      ],
      foot: [
        h(
          'button.primary.wide',
          { type: 'submit', testid: 'wear', onclick: () => this.#wear() },
          visit.say('wear'),
        ),
      ],
    });
  }

  async #wear() {
    if (await this.acts.wear({ ...this.#looks, name: this.#looks.name.trim() })) this.sheet.close();
  }

  #figures() {
    const { visit } = this;
    return h(
      'fieldset.figures',
      {},
      h('legend', {}, visit.say('your_figure')),
      h(
        'div.row',
        {},
        this.figures.map(({ id, name }) =>
          h(
            'label.figure',
            {},
            h('input', {
              type: 'radio',
              name: 'figure',
              value: id,
              checked: id === this.#looks.figure,
              testid: `figure-${id}`,
              onchange: () => {
                this.#looks.figure = id;
              },
            }),
            this.acts.picture(id, this.#looks.color),
            h('span', {}, visit.words.pick(name)),
          ),
        ),
      ),
    );
  }

  #colors() {
    return h(
      'fieldset.swatches',
      {},
      h('legend', {}, this.visit.say('your_color')),
      h(
        'div.row',
        {},
        COLORS.map((color, i) =>
          h(
            'label.swatch',
            {},
            h('input', {
              type: 'radio',
              name: 'looks-color',
              value: color,
              checked: color === this.#looks.color,
              testid: `looks-color-${i}`,
              'aria-label': `${this.visit.say('your_color')} ${i + 1}`,
              onchange: () => {
                this.#looks.color = color;
                this.#render();
              },
            }),
            h('span.dot', { style: { '--swatch': color } }),
          ),
        ),
      ),
    );
  }

  #name() {
    return h(
      'div.field',
      {},
      h('label', { htmlFor: 'looks-name' }, this.visit.say('your_name')),
      h('input', {
        id: 'looks-name',
        value: this.#looks.name,
        maxLength: 40,
        required: true,
        testid: 'looks-name',
        oninput: (/** @type {any} */ event) => {
          this.#looks.name = event.target.value;
        },
      }),
    );
  }
}
