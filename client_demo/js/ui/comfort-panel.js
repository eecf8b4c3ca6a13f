// One's own comfort: how near others may come, and whom one keeps away.

import { MOST } from '../bubble.js';
import { h } from '../dom.js';

const STEP = 0.1; // metres

export class ComfortPanel {
  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../world.js').World} world @param {import('../shield.js').Shield} shield
   * @param {{radius: () => number, setRadius: (metres: number) => void,
   *   keep: (kind: 'mute' | 'hide' | 'block', avatar: string, on: boolean) => unknown}} acts
   */
  constructor(sheet, visit, world, shield, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.world = world;
    this.shield = shield;
    this.acts = acts;
    visit.on('words', () => this.again());
  }

  again() {
    if (this.sheet.name === 'comfort') this.show();
  }

  show() {
    const { visit, acts } = this;
    const radius = acts.radius();
    const shown = (/** @type {number} */ metres) =>
      metres > 0
        ? visit.say('bubble_metres', { metres: metres.toLocaleString(visit.words.language) })
        : visit.say('bubble_off');
    const output = h('output', { testid: 'bubble-shown' }, shown(radius));
    this.sheet.open({
      name: 'comfort',
      title: visit.say('comfort'),
      body: [
        h('label.bubble', { htmlFor: 'bubble' }, visit.say('bubble'), output),
        h('input.slider', {
          id: 'bubble',
          type: 'range',
          min: '0',
          max: String(MOST),
          step: String(STEP),
          value: String(radius),
          testid: 'bubble',
          oninput: (/** @type {any} */ event) => {
            acts.setRadius(Number(event.target.value));
            output.textContent = shown(acts.radius());
          },
        }),
        h('p.soft', {}, visit.say('bubble_lead')),
        h('h3', {}, visit.say('kept_away')),
        this.shield.raised
          ? h('ul.kept-away', {}, ...this.#kept())
          : h('p.soft', {}, visit.say('nobody_kept_away')),
      ],
    });
  }

  #kept() {
    /** @type {['mute' | 'hide' | 'block', Set<string>][]} */
    const kinds = [
      ['mute', this.shield.muted],
      ['hide', this.shield.hidden],
      ['block', this.shield.blocked],
    ];
    return kinds.flatMap(([kind, ids]) =>
      [...ids].map((id) => {
        const name = this.world.nameOf(id);
        return h(
          'li',
          {},
          h('span', {}, this.visit.say(`is_${kind}`, { name })),
          h(
            'button.second',
            { testid: `un${kind}-${id}`, onclick: () => this.acts.keep(kind, id, false) },
            this.visit.say('undo'),
          ),
        );
      }),
    );
  }
}
