// One report, with what its reporter saw.

import { h } from '../dom.js';

/** @param {any} report @param {import('../i18n.js').Words} words @param {() => unknown} close */
export function reportCard(report, words, close) {
  const { id, about, room, reason, text, evidence, at } = report;
  return h(
    'li.report',
    { testid: `report-${id}` },
    h('h3', {}, words.say(`why_${reason}`)),
    h('p.soft', {}, words.say('about', { name: about.name, room }), ' · ', words.dateTime(at)),
    text && h('blockquote', {}, text),
    evidence.length > 0
      ? h('ol.evidence', {}, ...evidence.map((/** @type {any} */ item) => line(item, words)))
      : h('p.soft', {}, words.say('no_evidence')),
    h('button.second', { testid: `close-${id}`, onclick: close }, words.say('close_report')),
  );
}

/** @param {any} item @param {import('../i18n.js').Words} words */
function line({ told_at, event, text, emote, object }, words) {
  return h(
    'li',
    {},
    h('time.soft', { dateTime: told_at }, words.time(told_at)),
    h('code', {}, event),
    h('span', {}, text ?? emote ?? object ?? ''),
  );
}
