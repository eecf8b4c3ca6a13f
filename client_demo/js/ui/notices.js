// Short words that come and go, and the banner that stays while something is wrong.

import { h } from '../dom.js';

const STAY_MS = 4200;

export class Notices {
  /** @param {HTMLElement} place @param {HTMLElement} banner */
  constructor(place, banner) {
    this.place = place;
    this.bannerPlace = banner;
  }

  /** @param {string} text @param {'plain' | 'sorry'} [mood] */
  say(text, mood = 'plain') {
    const same = [...this.place.children].find((one) => one.textContent === text);
    same?.remove();
    const notice = h(`p.notice.${mood}`, { testid: 'notice' }, text);
    this.place.append(notice);
    while (this.place.children.length > 3) this.place.firstElementChild?.remove();
    setTimeout(() => notice.remove(), mood === 'sorry' ? STAY_MS * 1.6 : STAY_MS);
  }

  /** @param {string | null} text null takes it away */
  banner(text) {
    if ((this.bannerPlace.textContent || null) === text) return;
    this.bannerPlace.replaceChildren(...(text ? [h('p', { testid: 'banner' }, text)] : []));
  }
}
