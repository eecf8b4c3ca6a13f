// Telling the house what somebody did, and seeing what was handed in.

import { h } from '../dom.js';

/** @typedef {import('../world.js').Avatar} Avatar */

const REASONS = ['harassment', 'hate', 'sexual', 'violence', 'spam', 'impersonation', 'other'];
const MOST_LETTERS = 500;

export class ReportForm {
  #reason = REASONS[0];
  #text = '';
  /** @type {Avatar | null} */ #about = null;
  /** @type {any[] | null} */ #evidence = null;

  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {(message: {avatar: string, reason: string, text: string}) => Promise<any>} send
   *   the acknowledgement, or null when it was refused
   * @param {(avatar: Avatar) => unknown} block
   */
  constructor(sheet, visit, send, block) {
    this.sheet = sheet;
    this.visit = visit;
    this.send = send;
    this.block = block;
    visit.on('words', () => this.sheet.name === 'report' && this.#render());
  }

  /** @param {Avatar} about */
  show(about) {
    this.#about = about;
    this.#evidence = null;
    this.#text = '';
    this.#render();
  }

  #render() {
    const about = this.#about;
    if (!about) return;
    const done = this.#evidence !== null;
    this.sheet.open({
      name: 'report',
      title: this.visit.say(done ? 'report_sent' : 'report_title', { name: about.name }),
      body: done ? this.#sent(about) : this.#form(about),
    });
  }

  /** @param {Avatar} about */
  #form(about) {
    const { visit } = this;
    const choice = (/** @type {string} */ reason) =>
      h(
        'label.reason',
        {},
        h('input', {
          type: 'radio',
          name: 'reason',
          value: reason,
          checked: reason === this.#reason,
          testid: `reason-${reason}`,
          onchange: () => {
            this.#reason = reason;
          },
        }),
        visit.say(`reason_${reason}`),
      );
    return [
      h(
        'form.report-form',
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            this.#hand(about);
          },
        },
        h('fieldset', {}, h('legend', {}, visit.say('report_why')), ...REASONS.map(choice)),
        h('label', { htmlFor: 'report-text' }, visit.say('report_text')),
        h('textarea', {
          id: 'report-text',
          rows: 3,
          maxLength: MOST_LETTERS,
          value: this.#text,
          testid: 'report-text',
          oninput: (/** @type {any} */ event) => {
            this.#text = event.target.value;
          },
        }),
        h('p.soft', {}, visit.say('report_lead', { name: about.name })),
        h(
          'button.primary.wide',
          { type: 'submit', testid: 'report-send' },
          visit.say('report_send'),
        ),
      ),
    ];
  }

  /** @param {Avatar} about */
  async #hand(about) {
    const answer = await this.send({ avatar: about.id, reason: this.#reason, text: this.#text });
    if (answer === null) return;
    this.#evidence = answer.evidence;
    this.#render();
  }

  /** @param {Avatar} about */
  #sent(about) {
    const { visit } = this;
    const found = this.#evidence ?? [];
    return [
      h('p', {}, visit.say('report_thanks')),
      h('h3', {}, visit.say(found.length > 0 ? 'report_evidence' : 'report_no_evidence')),
      h(
        'ul.evidence',
        { testid: 'evidence' },
        ...found.map((item) => h('li', {}, ...this.#line(item))),
      ),
      h(
        'button.second.wide',
        {
          testid: 'report-block',
          onclick: () => {
            this.sheet.close();
            this.block(about);
          },
        },
        visit.say('block', { name: about.name }),
      ),
    ];
  }

  /** @param {any} item */
  #line({ told_at, event, text }) {
    const at = new Date(told_at);
    const time = at.toLocaleTimeString(this.visit.words.language, { timeStyle: 'short' });
    const key = `did_${event}`;
    const did = this.visit.words.has(key) ? this.visit.say(key) : this.visit.say('did_other');
    return [h('time.soft', { dateTime: told_at }, time), h('span', {}, text ? `“${text}”` : did)];
  }
}
