// What the house says in all its rooms at once.

/** @param {import('../features.js').House} house */
export function install({ hearing, notices, visit }) {
  hearing.on('broadcast', ({ text }) => notices.say(visit.words.pick(text)));
}
