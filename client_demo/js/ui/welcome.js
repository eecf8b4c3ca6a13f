// Coming in: who one is, or one tap for whoever was here before. Also the page's graver news.

import { h, refill } from '../dom.js';
import { LANGUAGES } from '../i18n.js';

export const COLORS = [
  '#b5533c',
  '#d19a3d',
  '#6f8f5f',
  '#3f7f86',
  '#4a6396',
  '#7d5a8c',
  '#b7717f',
  '#4a4540',
];
const LANGUAGE_NAMES = /** @type {Record<string, string>} */ ({
  en: 'English',
  fr: 'Français',
  it: 'Italiano',
});

export class Welcome {
  #name;
  #color;
  #editing;
  #loaded = 0; // 0…1
  #busy = false;
  #wrong = '';
  /** @type {HTMLElement | null} */ #progress = null;
  /** @type {Map<string, string>} */ #roomName = new Map();
  /** What a code is good for; answers a key of the texts, or nothing when all is well.
   * @type {((text: string) => Promise<string>) | null} */
  useCode = null;
  /** @type {{key: string, wrong: boolean} | null} */ #invitation = null;
  /** @type {{key: string, label: string, act: () => Promise<string>} | null} */ #question = null;
  /** @type {'closed' | 'open' | 'busy'} */ #codeField = 'closed';
  #code = '';
  #codeWrong = '';

  /**
   * @param {HTMLElement} place @param {import('../visit.js').Visit} visit
   * @param {(name: string, color: string) => Promise<void>} enter
   */
  constructor(place, visit, enter) {
    this.place = place;
    this.visit = visit;
    this.enter = enter;
    const known = visit.identity;
    this.#name = known?.name ?? '';
    this.#color = known?.color ?? COLORS[Math.floor(Math.random() * COLORS.length)];
    this.#editing = !known;
    this.open = true;
    visit.on('words', () => this.open && this.show());
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
    this.#codeField = 'closed';
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
    this.#name = name;
    this.#color = avatar?.color ?? this.#color;
    this.#editing = false;
  }

  show() {
    this.open = true;
    if (this.#question) return this.#showQuestion(this.#question);
    const { words } = this.visit;
    this.#progress = h('div.progress', {
      role: 'progressbar',
      'aria-label': words.say('loading'),
      testid: 'progress',
    });
    const back = !this.#editing;
    const known = this.place.querySelector('[data-testid="welcome"]');
    const card = h(
      known ? 'form.card' : 'form.card.rise',
      {
        testid: 'welcome',
        noValidate: true,
        onsubmit: (/** @type {Event} */ event) => this.#submit(event),
      },
      h('p.mark', {}, ...this.#mark()),
      h('h1', {}, back ? words.say('welcome_back', { name: this.#name }) : words.say('welcome')),
      this.#invitation
        ? this.#invitedBy(this.#invitation)
        : h('p.lead', {}, words.say('welcome_lead')),
      ...(back ? [] : this.#questions()),
      this.#wrong && h('p.wrong', { role: 'alert', testid: 'welcome-error' }, this.#wrong),
      h(
        'button.primary.wide',
        { type: 'submit', testid: 'enter', disabled: this.#busy },
        words.say('enter'),
      ),
      this.#progress,
      h('div.card-foot', {}, this.#languages(), back && this.#changeButton()),
    );
    const whole = h('div.entrance', {}, card, this.#codeCard());
    refill(this.place, whole);
    this.place.hidden = false;
    this.progress(this.#loaded);
    if (
      !back &&
      !this.#name &&
      !card.contains(document.activeElement) &&
      matchMedia('(pointer: fine)').matches
    )
      card.querySelector('input')?.focus();
  }

  #mark() {
    const room = this.#roomName.get(this.visit.words.language) ?? this.#roomName.get('en');
    return ['Vitrine', ...(room ? [h('span', {}, room)] : [])];
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
    const { words } = this.visit;
    this.open = false; // a change of language must not bring the form back
    const card = h(
      'div.card.rise',
      { role: 'alert', testid: `trouble-${key}` },
      h('p.mark', {}, 'Vitrine'),
      h('h1', {}, words.say(key)),
      h('p.lead', {}, words.say(`${key}_lead`)),
      way && h('button.primary.wide', { onclick: way.act, testid: 'trouble-act' }, way.label),
    );
    this.place.replaceChildren(card);
    this.place.hidden = false;
  }

  /** @param {{key: string, wrong: boolean}} invitation */
  #invitedBy({ key, wrong }) {
    const how = wrong ? 'p.lead.wrong' : 'p.lead.invited';
    return h(how, { role: 'status', testid: 'invitation' }, this.visit.say(key));
  }

  /** @param {{key: string, label: string, act: () => Promise<string>}} question */
  #showQuestion({ key, label, act }) {
    const { words } = this.visit;
    const button = h(
      'button.primary.wide',
      {
        testid: 'agree',
        onclick: async () => {
          button.disabled = true;
          const wrong = await act();
          if (!wrong) return;
          this.#question = null;
          this.invite(wrong, true);
        },
      },
      words.say(label),
    );
    refill(
      this.place,
      h(
        'div.card.rise',
        { testid: 'welcome-question' },
        h('p.mark', {}, 'Vitrine'),
        h('h1', {}, words.say(key)),
        h('p.lead', {}, words.say(`${key}_lead`)),
        button,
        h('div.card-foot', {}, this.#languages()),
      ),
    );
    this.place.hidden = false;
  }

  #codeCard() {
    const { words } = this.visit;
    if (this.#codeField === 'closed') return this.#codeButton();
    const busy = this.#codeField === 'busy';
    const known = this.place.querySelector('[data-testid="code-form"]');
    return h(
      known ? 'form.code-card' : 'form.code-card.rise',
      {
        testid: 'code-form',
        noValidate: true,
        onsubmit: (/** @type {Event} */ event) => this.#submitCode(event),
      },
      h(
        'div.field',
        {},
        h('label', { htmlFor: 'code' }, words.say('code_lead')),
        h('input.code-input', {
          id: 'code',
          value: this.#code,
          maxLength: 12,
          autocomplete: 'off',
          autocapitalize: 'characters',
          spellcheck: false,
          enterKeyHint: 'go',
          'aria-label': words.say('code_label'),
          'aria-invalid': this.#codeWrong ? 'true' : null,
          testid: 'code-field',
          oninput: (/** @type {any} */ event) => {
            this.#code = event.target.value;
          },
        }),
        this.#codeWrong &&
          h('p.wrong', { role: 'alert', testid: 'code-error' }, words.say(this.#codeWrong)),
      ),
      h(
        'button.second.wide',
        { type: 'submit', testid: 'code-go', disabled: busy },
        words.say('code_go'),
      ),
    );
  }

  #codeButton() {
    if (!this.useCode) return false;
    return h(
      'button.pill.have-code',
      {
        type: 'button',
        testid: 'have-code',
        onclick: () => {
          this.#codeField = 'open';
          this.show();
          this.place.querySelector('#code')?.scrollIntoView({ block: 'nearest' });
          /** @type {any} */ (this.place.querySelector('#code'))?.focus();
        },
      },
      this.visit.words.say('have_code'),
    );
  }

  /** @param {Event} event */
  async #submitCode(event) {
    event.preventDefault();
    if (this.#codeField === 'busy' || !this.useCode) return;
    this.#codeField = 'busy';
    this.#codeWrong = '';
    this.show();
    this.#codeWrong = await this.useCode(this.#code);
    if (this.#codeField === 'busy') this.#codeField = 'open';
    if (this.open) this.show();
  }

  #questions() {
    const { words } = this.visit;
    const name = h('input', {
      id: 'name',
      value: this.#name,
      maxLength: 40,
      autocomplete: 'given-name',
      enterKeyHint: 'go',
      testid: 'name',
      oninput: (/** @type {any} */ event) => {
        this.#name = event.target.value;
      },
    });
    const colors = COLORS.map((color, i) =>
      h(
        'label.swatch',
        {},
        h('input', {
          type: 'radio',
          name: 'color',
          value: color,
          checked: color === this.#color,
          testid: `color-${i}`,
          'aria-label': `${words.say('your_color')} ${i + 1}`,
          onchange: () => {
            this.#color = color;
          },
        }),
        h('span.dot', { style: { '--swatch': color } }),
      ),
    );
    return [
      h('div.field', {}, h('label', { htmlFor: 'name' }, words.say('your_name')), name),
      h(
        'fieldset.swatches',
        {},
        h('legend', {}, words.say('your_color')),
        h('div.row', {}, colors),
      ),
    ];
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

  #languages() {
    return h(
      'div.languages',
      { role: 'group', 'aria-label': this.visit.words.say('language') },
      LANGUAGES.map((language) =>
        h(
          'button',
          {
            type: 'button',
            lang: language,
            'aria-label': LANGUAGE_NAMES[language],
            'aria-pressed': String(language === this.visit.words.language),
            testid: `language-${language}`,
            onclick: () => this.visit.speak(language),
          },
          language.toUpperCase(),
        ),
      ),
    );
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const name = this.#name.trim();
    this.#wrong = name ? '' : this.visit.words.say('name_needed');
    if (!name || this.#busy) {
      this.show();
      this.place.querySelector('input')?.focus();
      return;
    }
    this.#busy = true;
    this.#name = name;
    this.show();
    try {
      await this.enter(name, this.#color);
    } catch (error) {
      const problem = /** @type {any} */ (error).problem;
      this.#wrong = problem ? problem.detail || problem.title : this.visit.words.say('away');
      this.#busy = false;
      this.show();
    }
    this.#busy = false;
  }
}
