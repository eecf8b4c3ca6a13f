// Eight feelings to show, above the buttons at the lower edge.

import { h, icon } from '../dom.js';
import { EMOTES } from '../signs.js';

const FLOAT_MS = 1600;

export class Palette {
  open = false;

  /**
   * @param {import('./foot.js').Foot} foot @param {import('../visit.js').Visit} visit
   * @param {(emote: string) => void} show
   */
  constructor(foot, visit, show) {
    this.foot = foot;
    this.visit = visit;
    this.show = show;
    window.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.open) this.toggle();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      const inside = target instanceof Element && target.closest('.palette, [data-testid=emotes]');
      if (this.open && !inside) this.toggle();
    });
  }

  toggle() {
    this.open = !this.open;
    this.foot.unfold(...(this.open ? [this.#row()] : []));
    this.foot.show();
  }

  /** What one shows oneself: nobody sees their own head. @param {string} emote */
  float(emote) {
    const sign = h('span.my-emote', { testid: 'my-emote' }, icon(emote));
    document.body.append(sign);
    setTimeout(() => sign.remove(), FLOAT_MS);
  }

  #row() {
    const names = Object.keys(EMOTES);
    return h(
      'div.palette',
      { role: 'group', 'aria-label': this.visit.say('emotes'), testid: 'palette' },
      names.map((emote) =>
        h(
          'button.round',
          {
            title: this.visit.say(`emote_${emote}`),
            'aria-label': this.visit.say(`emote_${emote}`),
            testid: `emote-${emote}`,
            onclick: () => {
              this.toggle();
              this.show(emote);
            },
          },
          icon(emote),
        ),
      ),
    );
  }
}
