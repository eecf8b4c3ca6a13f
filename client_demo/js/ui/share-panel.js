// Bringing others into the room, and the own visit to another device: codes to scan or to type.

import { countdown, grouped } from '../codes.js';
import { h, icon } from '../dom.js';

const TICK_MS = 1000;

/**
 * @typedef {object} Handover @property {string} code @property {string} url
 * @property {string} expires_at @property {string} qr an SVG
 */

export class SharePanel {
  /** @type {Handover | null} */ #handover = null;
  /** @type {HTMLElement | null} */ #time = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #ticking;
  #asked = false;

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {object} acts
   * @param {() => string} acts.code of the room @param {() => boolean} acts.mayMove
   * @param {() => Promise<Handover | null>} acts.handOver null when it was refused
   * @param {(key: string) => void} acts.say a short word that goes away
   */
  constructor(sheet, visit, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.acts = acts;
    visit.on('words', () => this.sheet.name === 'share' && this.show());
  }

  show() {
    const code = this.acts.code();
    this.sheet.open({
      name: 'share',
      title: this.visit.say('share_title'),
      body: [
        ...(code ? this.#invitation(code) : []),
        ...(this.acts.mayMove() ? this.#otherDevice() : []),
      ],
      onClose: () => this.#forget(),
    });
  }

  /** @param {string} code */
  #invitation(code) {
    const say = (/** @type {string} */ key) => this.visit.say(key);
    const url = `${location.origin}/j/${code}`;
    return [
      h('p.soft', {}, say('share_lead')),
      h(
        'div.ticket',
        {},
        h('img.qr', { src: `/api/codes/${code}/qr.svg`, alt: say('share_qr'), testid: 'share-qr' }),
        h('p.code', { testid: 'share-code', 'aria-label': [...code].join(' ') }, grouped(code)),
        h('p.soft.address', { testid: 'share-url' }, url.replace(/^https?:\/\//, '')),
      ),
      h(
        'div.share-acts',
        {},
        h(
          'button.second',
          { testid: 'copy-link', onclick: () => this.#copy(url) },
          icon('copy'),
          say('copy_link'),
        ),
        'share' in navigator &&
          h(
            'button.second',
            {
              testid: 'send-link',
              onclick: () => navigator.share({ title: 'Vitrine', url }).catch(() => {}),
            },
            icon('send'),
            say('send_link'),
          ),
      ),
    ];
  }

  #otherDevice() {
    const say = (/** @type {string} */ key) => this.visit.say(key);
    const handover = this.#handover;
    return [
      h('h3.share-other', {}, say('continue_title')),
      h('p.soft', {}, say(handover ? 'continue_how' : 'continue_lead')),
      ...(handover ? this.#shown(handover) : [this.#getButton()]),
    ];
  }

  #getButton() {
    return h(
      'button.second.wide',
      { testid: 'continue-get', disabled: this.#asked, onclick: () => this.#get() },
      icon('devices'),
      this.visit.say('continue_get'),
    );
  }

  /** @param {Handover} handover */
  #shown(handover) {
    this.#time = h('p.soft', { testid: 'continue-time' });
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#tick(handover), TICK_MS);
    const picture = `data:image/svg+xml,${encodeURIComponent(handover.qr)}`;
    const card = h(
      'div.ticket',
      {},
      h('img.qr', { src: picture, alt: this.visit.say('continue_qr'), testid: 'continue-qr' }),
      h(
        'p.code',
        { testid: 'continue-code', 'aria-label': [...handover.code].join(' ') },
        grouped(handover.code),
      ),
      /** @type {HTMLElement} */ (this.#time),
    );
    this.#tick(handover);
    return [card];
  }

  /** @param {Handover} handover */
  #tick(handover) {
    const left = Date.parse(handover.expires_at) - Date.now();
    if (this.#time)
      this.#time.textContent = this.visit.say('continue_time', { time: countdown(left) });
    if (left > 0) return;
    this.#forget();
    this.acts.say('continue_over');
    if (this.sheet.name === 'share') this.show();
  }

  async #get() {
    this.#asked = true;
    this.show();
    this.#handover = await this.acts.handOver();
    this.#asked = false;
    if (this.sheet.name !== 'share') return;
    this.show();
    document.querySelector('[data-testid="continue-code"]')?.scrollIntoView({ block: 'center' });
  }

  /** @param {string} url */
  async #copy(url) {
    try {
      await navigator.clipboard.writeText(url);
      this.acts.say('copied');
    } catch {
      // No clipboard without https: the address stands there to be selected.
      getSelection()?.selectAllChildren(
        /** @type {Element} */ (document.querySelector('[data-testid="share-url"]')),
      );
    }
  }

  #forget() {
    clearInterval(this.#ticking);
    this.#handover = null;
  }
}
