// The one panel that slides over the scene: beside it on a desk, from below on a phone.

import { h, icon, refill } from '../dom.js';

export class Sheet {
  /** @type {HTMLElement | null} */ #panel = null;
  /** @type {Element | null} */ #before = null;
  /** @type {(() => void) | null} */ #closed = null;
  /** @type {string} */ name = '';

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {(panel: DOMRect | null) => void} covers told what the panel covers
   */
  constructor(place, visit, covers) {
    this.covers = covers;
    this.place = place;
    this.visit = visit;
    window.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#panel) this.close();
    });
    window.addEventListener('popstate', (event) => this.#wentBack(event));
  }

  /**
   * @param {object} what
   * @param {string} what.name for tests and for asking what is open
   * @param {string} what.title read out; shown unless the body has its own heading
   * @param {boolean} [what.quiet] the title is only read out
   * @param {Node[]} what.body
   * @param {Node[]} [what.foot] stays in sight below
   * @param {(() => void)} [what.onBack] shows a way back
   * @param {(() => void)} [what.onClose]
   */
  open({ name, title, quiet, body, foot, onBack, onClose }) {
    const again = this.name === name && this.#panel !== null;
    if (!this.#panel) {
      this.#before = document.activeElement;
      if (!history.state?.sheet) history.pushState({ sheet: true }, '');
    } else if (!again) this.#leave();
    const scrolled = again ? (this.#panel?.querySelector('.sheet-body')?.scrollTop ?? 0) : 0;
    const within = this.place.contains(document.activeElement);
    const heading = h(quiet ? 'h2.unseen' : 'h2', { id: 'sheet-title', tabIndex: -1 }, title);
    const { words } = this.visit;
    const panel = h(
      `aside.sheet${again ? '.again' : ''}`,
      { role: 'dialog', 'aria-labelledby': 'sheet-title', testid: `sheet-${name}` },
      h(
        `header.sheet-head${quiet ? '.quiet' : ''}`,
        {},
        onBack &&
          h(
            'button.round',
            { 'aria-label': words.say('back'), onclick: onBack, testid: 'back' },
            icon('back'),
          ),
        heading,
        h(
          'button.round.close',
          { 'aria-label': words.say('close'), onclick: () => this.close(), testid: 'close' },
          icon('close'),
        ),
      ),
      h('div.sheet-body', {}, body),
      foot && h('footer.sheet-foot', {}, foot),
    );
    refill(this.place, panel);
    document.body.classList.add('sheet-open');
    this.#panel = panel;
    this.name = name;
    this.#closed = onClose ?? null;
    const bodyPart = panel.querySelector('.sheet-body');
    if (bodyPart) bodyPart.scrollTop = scrolled;
    this.covers(panel.getBoundingClientRect());
    const lost = within && !this.place.contains(document.activeElement);
    if (!again || lost) heading.focus({ preventScroll: true });
  }

  close() {
    if (!this.#panel) return;
    this.#leave();
    this.#panel = null;
    this.name = '';
    this.place.replaceChildren();
    document.body.classList.remove('sheet-open');
    this.covers(null);
    if (this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus();
  }

  /**
   * The browser's way back closes the sheet instead of leaving the room. The entry for it stays when
   * a sheet is closed by other means (taking it out would race with the next one), and is passed over.
   *
   * @param {PopStateEvent} event
   */
  #wentBack(event) {
    if (event.state?.sheet) return;
    if (this.#panel) this.close();
    else history.back();
  }

  #leave() {
    const closed = this.#closed;
    this.#closed = null;
    closed?.();
  }
}
