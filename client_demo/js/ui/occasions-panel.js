// The calendar of the showroom: what is planned, what is on, and what can be seen again.

import { h, icon } from '../dom.js';
import { field } from './bits.js';

const HOST_ACTS = { scheduled: ['open', 'cancel'], open: ['start', 'cancel'], live: ['end'] };
const HOUR_MS = 3600_000;
const AGAIN_MS = 5000; // between two looks at the calendar while it is open: doors open by themselves

/**
 * @typedef {object} Shown as the server tells it
 * @property {any} occasion @property {string} opens_at
 * @property {number} present @property {number} watching
 */
/**
 * @typedef {object} Acts
 * @property {() => Promise<Shown[]>} list @property {() => boolean} hosts whether one is of the house
 * @property {(id: string) => void} enter @property {(id: string) => void} replay
 * @property {(id: string, action: string) => Promise<boolean>} act
 * @property {(plan: any) => Promise<boolean>} plan @property {string} showroom
 */

export class OccasionsPanel {
  /** @type {Shown[]} */ #shown = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #draft = { title: '', host: 'Vitrine', starts: '', minutes: 60, capacity: 24, recorded: false };

  /** @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit @param {Acts} acts */
  constructor(sheet, visit, acts) {
    this.sheet = sheet;
    this.visit = visit;
    this.acts = acts;
    visit.on('words', () => sheet.name === 'occasions' && this.#render());
  }

  async show() {
    this.#shown = await this.acts.list();
    this.#render();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), AGAIN_MS);
  }

  /** As it is by now, if it is in sight. Drawn anew only when it changed: somebody may be pressing. */
  async refresh() {
    clearTimeout(this.#timer);
    if (this.sheet.name !== 'occasions') return;
    this.#timer = setTimeout(() => this.refresh(), AGAIN_MS);
    const before = JSON.stringify(this.#shown);
    const shown = await this.acts.list().catch(() => this.#shown);
    if (this.sheet.name !== 'occasions' || JSON.stringify(shown) === before) return;
    this.#shown = shown;
    this.#render();
  }

  #render() {
    const { visit } = this;
    const over = (/** @type {Shown} */ { occasion }) => occasion.status === 'ended';
    const ahead = this.#shown.filter((one) => !over(one));
    const past = this.#shown.filter((one) => over(one) && this.#mayReplay(one)).reverse();
    this.sheet.open({
      name: 'occasions',
      title: visit.say('occasions'),
      body: [
        ahead.length === 0 && h('p.soft', {}, visit.say('occasions_none')),
        h(
          'ul.occasions',
          {},
          [...ahead, ...past].map((one) => this.#occasion(one)),
        ),
        this.acts.hosts() && this.#form(),
      ].filter(Boolean),
    });
  }

  /** @param {Shown} shown */
  #occasion({ occasion, present, watching }) {
    const { visit, acts } = this;
    const { id, status } = occasion;
    const on = status === 'open' || status === 'live';
    return h(
      'li.occasion',
      { testid: `occasion-${id}` },
      h('p.occasion-state', {}, h(`span.state.${status}`, {}, visit.say(`occasion_${status}`))),
      h('h3', {}, visit.words.pick(occasion.title)),
      h(
        'p.soft',
        {},
        this.#when(occasion),
        ' · ',
        visit.say('occasion_hosted', { name: occasion.host }),
      ),
      on &&
        h(
          'p.soft',
          {},
          visit.say('occasion_there', { n: present + watching, most: occasion.capacity }),
        ),
      occasion.recorded && status !== 'ended' && h('p.soft', {}, visit.say('occasion_recorded')),
      h(
        'div.row',
        {},
        on && button('primary', visit.say('occasion_enter'), `enter-${id}`, () => acts.enter(id)),
        status === 'scheduled' &&
          h(
            'a.second',
            {
              href: `/api/occasions/${id}.ics?language=${visit.words.language}`,
              download: `${id}.ics`,
              testid: `ics-${id}`,
            },
            icon('calendar'),
            visit.say('occasion_remind'),
          ),
        status === 'ended' &&
          button('second', visit.say('occasion_replay'), `replay-${id}`, () => acts.replay(id)),
        acts.hosts() && this.#hosting(id, status),
      ),
    );
  }

  /** @param {string} id @param {string} status */
  #hosting(id, status) {
    const possible = HOST_ACTS[/** @type {keyof typeof HOST_ACTS} */ (status)] ?? [];
    return possible.map((action) =>
      button('second', this.visit.say(`occasion_do_${action}`), `${action}-${id}`, async () => {
        await this.acts.act(id, action);
        await this.show();
      }),
    );
  }

  /** @param {Shown} shown */
  #mayReplay({ occasion }) {
    return occasion.recorded && (occasion.replay === 'everyone' || this.acts.hosts());
  }

  /** @param {any} occasion */
  #when({ starts_at, ends_at }) {
    const format = new Intl.DateTimeFormat(this.visit.words.language, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
    return format.formatRange(new Date(starts_at), new Date(ends_at));
  }

  #form() {
    const { visit } = this;
    const draft = this.#draft;
    const set = (/** @type {string} */ key) => (/** @type {string} */ value) =>
      Object.assign(draft, { [key]: value });
    const one = (/** @type {string} */ key, /** @type {Record<string, any>} */ props) =>
      field({
        label: visit.say(`occasion_${key}`),
        name: `occasion-${key}`,
        value: String(draft[/** @type {keyof typeof draft} */ (key)]),
        set: set(key),
        props: { required: true, ...props },
      });
    return h(
      'form.plan',
      { testid: 'plan-occasion', onsubmit: (/** @type {Event} */ event) => this.#plan(event) },
      h('h3', {}, visit.say('occasion_plan')),
      one('title', { maxLength: 120 }),
      one('host', { maxLength: 120 }),
      one('starts', { type: 'datetime-local' }),
      one('minutes', { type: 'number', min: 5, max: 720 }),
      one('capacity', { type: 'number', min: 1, max: 250 }),
      h(
        'label.check',
        {},
        h('input', {
          type: 'checkbox',
          checked: draft.recorded,
          testid: 'field-occasion-recorded',
          onchange: (/** @type {any} */ event) => {
            draft.recorded = event.target.checked;
          },
        }),
        visit.say('occasion_record'),
      ),
      h('button.primary.wide', { type: 'submit', testid: 'plan' }, visit.say('occasion_plan')),
    );
  }

  /** @param {Event} event */
  async #plan(event) {
    event.preventDefault();
    const { title, host, starts, minutes, capacity, recorded } = this.#draft;
    const begins = new Date(starts);
    const done = await this.acts.plan({
      showroom: this.acts.showroom,
      title: { en: title, fr: title, it: title },
      host,
      starts_at: begins.toISOString(),
      ends_at: new Date(begins.getTime() + (Number(minutes) / 60) * HOUR_MS).toISOString(),
      capacity: Number(capacity),
      recorded,
      replay: 'everyone',
    });
    if (!done) return;
    this.#draft.title = '';
    await this.show();
  }
}

/** @param {string} look @param {string} text @param {string} testid @param {() => unknown} onclick */
function button(look, text, testid, onclick) {
  return h(`button.${look}`, { type: 'button', testid, onclick }, text);
}
