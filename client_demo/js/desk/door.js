// Staff come in: one sign-in for the desk and the page of rooms, in the language they choose.

import { ProblemError } from '../api.js';
import { h } from '../dom.js';
import { chooseLanguage, LANGUAGES, Words } from '../i18n.js';
import { recall, remember } from '../memory.js';
import { showLogin } from './login.js';

/**
 * @typedef {object} Page
 * @property {import('../api.js').Api} api @property {HTMLElement} place
 * @property {import('../ui/notices.js').Notices} notices
 * @property {Record<string, Record<string, string>>} texts by language
 * @property {() => unknown} opened somebody is signed in @property {() => void} closed nobody is
 * @property {() => void} spoken in another language from now on
 */

export class Door {
  /** @type {{token: string, name: string} | null} */ staff = recall('staff');
  words;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.words = this.#speak(recall('language') ?? chooseLanguage(navigator.languages));
  }

  /** With the sign-in of an earlier visit, or after a new one. */
  async open() {
    if (!this.staff) return this.signOut();
    this.page.api.token = this.staff.token;
    await this.page.opened();
  }

  /** @param {string} [notice] why, or nothing */
  signOut(notice = '') {
    const { api, place, notices, closed } = this.page;
    closed();
    this.staff = null;
    api.token = null;
    remember('staff', null);
    notices.banner(null);
    showLogin({
      place,
      words: this.words,
      notice,
      languages: this.languagePicker(),
      signIn: (login, password) => this.#signIn(login, password),
    });
  }

  /** The server does not know this session any more. */
  sessionOver() {
    this.signOut(this.words.say('session_over'));
  }

  languagePicker() {
    const { words } = this;
    return h(
      'select.choice.short',
      {
        'aria-label': words.say('language'),
        testid: 'language',
        onchange: (/** @type {any} */ event) => {
          this.words = this.#speak(event.target.value);
          remember('language', this.words.language);
          if (this.staff) this.page.spoken();
          else this.signOut();
        },
      },
      LANGUAGES.map((one) =>
        h('option', { value: one, selected: one === words.language }, one.toUpperCase()),
      ),
    );
  }

  /** Who one is, the language, and the way out. @param {...(Node | false)} more before them */
  corner(...more) {
    return h(
      'div.top-right',
      {},
      ...more,
      this.languagePicker(),
      h('span.who-am-i', {}, this.staff?.name ?? ''),
      h(
        'button.link',
        { onclick: () => this.signOut(), testid: 'sign-out' },
        this.words.say('sign_out'),
      ),
    );
  }

  /** @param {string} login @param {string} password */
  async #signIn(login, password) {
    const session = await this.page.api.post('/api/sessions/staff', { login, password });
    if (session.person.role !== 'staff') {
      const title = this.words.say('not_staff');
      throw new ProblemError({ type: 'not-staff', title, status: 403 });
    }
    this.staff = { token: session.token, name: session.person.name };
    remember('staff', this.staff);
    await this.open();
  }

  /** @param {string} language */
  #speak(language) {
    document.documentElement.lang = language;
    return new Words(language, this.page.texts);
  }
}
