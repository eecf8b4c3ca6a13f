// Coming in: who one is, or one tap for whoever was here before. Also the page's graver news.

import { h, refill } from '../dom.js';
import { CodeCard } from './code-card.js';
import { languages } from './languages.js';
import { questionCard, troubleCard } from './notice-card.js';
import { COLORS, whoFields } from './who-fields.js';

export class Welcome {
  open = true;
  /** @type {import('./who-fields.js').Who} */ #who;
  #editing;
  #loaded = 0; // 0…1
  #busy = false;
  #wrong = '';
  /** @type {HTMLElement | null} */ #progress = null;
  /** @type {Map<string, string>} */ #roomName = new Map();
  /** @type {{key: string, wrong: boolean} | null} */ #invitation = null;
  /** @type {import('./notice-card.js').Question | null} */ #question = null;

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {(name: string, color: string) => Promise<void>} enter
   */
  constructor(place, visit, enter) {
    this.place = place;
    this.visit = visit;
    this.enter = enter;
    const known = visit.identity;
    const color = known?.color ?? COLORS[Math.floor(Math.random() * COLORS.length)];
    this.#who = { name: known?.name ?? '', color };
    this.#editing = !known;
    const redraw = () => this.open && this.show();
    this.codes = new CodeCard(place, visit, redraw);
    visit.on('words', redraw);
  }

  /**
   * Drawn into the card that is there: in a new one the button would be another than the one that
   * somebody is just pressing.
   *
   * @param {Record<string, string>} name of the showroom, by language
   */
  setRoom(name) {
    this.#roomName = new Map(Object.entries(name));
    this.place.querySelector('[data-testid="welcome"] .mark')?.replaceChildren(...this.#mark());
  }

  /** @param {number} share 0…1 of what has to be there before one goes in */
  progress(share) {
    this.#loaded = Math.max(this.#loaded, share);
    this.#progress?.style.setProperty('--share', String(this.#loaded));
    this.#progress?.setAttribute('aria-valuenow', String(Math.round(this.#loaded * 100)));
    this.#progress?.classList.toggle('done', this.#loaded >= 1);
  }

  /** Something about the code that one has come with. @param {string} key @param {boolean} [wrong] */
  invite(key, wrong = false) {
    this.#invitation = { key, wrong };
    this.codes.close();
    if (this.open) this.show();
  }

  /**
   * One thing to agree to instead of the form; when it fails, the form is there.
   *
   * @param {string} key of the texts; `<key>_lead` says more @param {string} label a key too
   * @param {() => Promise<string>} act answers a key of the texts, or nothing when all is well
   */
  ask(key, label, act) {
    this.#question = { key, label, act };
    if (this.open) this.show();
  }

  /** @param {{name: string, avatar?: {color?: string}}} person */
  setName({ name, avatar }) {
    this.#who.name = name;
    this.#who.color = avatar?.color ?? this.#who.color;
    this.#editing = false;
  }

  show() {
    this.open = true;
    this.place.hidden = false;
    if (this.#question) this.#showQuestion(this.#question);
    else this.#showForm();
  }

  hide() {
    this.open = false;
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  /**
   * Something that keeps one out, and what to do about it.
   *
   * @param {string} key of the texts; `<key>_lead` says more
   * @param {{label: string, act: () => void}} [way]
   */
  trouble(key, way) {
    this.open = false; // a change of language must not bring the form back
    this.place.replaceChildren(troubleCard(this.visit.words, key, way));
    this.place.hidden = false;
  }

  /** @param {import('./notice-card.js').Question} question */
  #showQuestion(question) {
    const failed = (/** @type {string} */ wrong) => {
      this.#question = null;
      this.invite(wrong, true);
    };
    refill(this.place, questionCard(this.visit, question, failed));
  }

  #showForm() {
    const { words } = this.visit;
    this.#progress = h('div.progress', {
      role: 'progressbar',
      'aria-label': words.say('loading'),
      testid: 'progress',
    });
    const card = this.#form(words);
    refill(this.place, h('div.entrance', {}, card, this.codes.draw()));
    this.progress(this.#loaded);
    if (
      this.#editing &&
      !this.#who.name &&
      !card.contains(document.activeElement) &&
      matchMedia('(pointer: fine)').matches
    )
      card.querySelector('input')?.focus();
  }

  /** @param {import('../i18n.js').Words} words */
  #form(words) {
    const back = !this.#editing;
    const known = this.place.querySelector('[data-testid="welcome"]');
    const { name } = this.#who;
    return h(
      known ? 'form.card' : 'form.card.rise',
      {
        testid: 'welcome',
        noValidate: true,
        onsubmit: (/** @type {Event} */ event) => this.#submit(event),
      },
      h('p.mark', {}, ...this.#mark()),
      h('h1', {}, back ? words.say('welcome_back', { name }) : words.say('welcome')),
      this.#invitation
        ? this.#invitedBy(this.#invitation)
        : h('p.lead', {}, words.say('welcome_lead')),
      ...(back ? [] : whoFields(words, this.#who)),
      this.#wrong && h('p.wrong', { role: 'alert', testid: 'welcome-error' }, this.#wrong),
      h(
        'button.primary.wide',
        { type: 'submit', testid: 'enter', disabled: this.#busy },
        words.say('enter'),
      ),
      this.#progress,
      h('div.card-foot', {}, languages(this.visit), back && this.#changeButton()),
    );
  }

  #mark() {
    const room = this.#roomName.get(this.visit.words.language) ?? this.#roomName.get('en');
    return ['Vitrine', ...(room ? [h('span', {}, room)] : [])];
  }

  /** @param {{key: string, wrong: boolean}} invitation */
  #invitedBy({ key, wrong }) {
    const how = wrong ? 'p.lead.wrong' : 'p.lead.invited';
    return h(how, { role: 'status', testid: 'invitation' }, this.visit.say(key));
  }

  #changeButton() {
    return h(
      'button.link',
      {
        type: 'button',
        testid: 'change',
        onclick: () => {
          this.#editing = true;
          this.show();
        },
      },
      this.visit.words.say('change'),
    );
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const name = this.#who.name.trim();
    this.#wrong = name ? '' : this.visit.words.say('name_needed');
    if (!name || this.#busy) {
      this.show();
      this.place.querySelector('input')?.focus();
      return;
    }
    this.#busy = true;
    this.#who.name = name;
    this.show();
    try {
      await this.enter(name, this.#who.color);
    } catch (error) {
      const problem = /** @type {any} */ (error).problem;
      this.#wrong = problem ? problem.detail || problem.title : this.visit.words.say('away');
      this.#busy = false;
      this.show();
    }
    this.#busy = false;
  }
}
