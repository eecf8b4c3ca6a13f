// What was said since one came, in a sheet, oldest first.

import { h } from '../dom.js';

export class TalkPanel {
  /**
   * @param {import('./sheet.js').Sheet} sheet @param {import('../visit.js').Visit} visit
   * @param {import('../talk.js').Talk} talk @param {import('../world.js').World} world
   * @param {(id: string) => void} answer somebody alone
   */
  constructor(sheet, visit, talk, world, answer) {
    this.sheet = sheet;
    this.visit = visit;
    this.talk = talk;
    this.world = world;
    this.answer = answer;
    visit.on('words', () => this.again());
  }

  /** More was said. */
  again() {
    if (this.sheet.name === 'talk') this.show();
  }

  show() {
    const { visit, talk } = this;
    talk.read();
    const lines = talk.lines.map((said) => this.#line(said));
    const none = h('p.soft', {}, visit.say('nothing_said'));
    this.sheet.open({
      name: 'talk',
      title: visit.say('talk'),
      body: [lines.length > 0 ? h('ol.talk', { testid: 'talk' }, lines) : none],
    });
    const body = lines.at(-1)?.closest('.sheet-body');
    if (body) body.scrollTop = body.scrollHeight;
  }

  /** @param {import('../talk.js').Said} said */
  #line({ by, name, text, to, at }) {
    const { visit, world } = this;
    const mine = by === world.me;
    const aside = to && (mine ? this.#toName(to) : visit.say('to_you_alone'));
    const other = mine ? to : by;
    return h(
      `li${mine ? '.mine' : ''}${to ? '.private' : ''}`,
      {},
      h(
        'p.who',
        {},
        h('strong', {}, mine ? visit.say('you_said') : name),
        aside && h('em', {}, aside),
        h('time', {}, visit.words.time(new Date(at).toISOString())),
      ),
      h('p', {}, text),
      to &&
        other &&
        world.avatars.has(other) &&
        h(
          'button.link',
          { onclick: () => this.answer(other), testid: `answer-${other}` },
          visit.say('answer'),
        ),
    );
  }

  /** @param {string} id */
  #toName(id) {
    const name = this.world.nameOf(id);
    return name ? this.visit.say('to_alone', { name }) : this.visit.say('to_one');
  }
}
