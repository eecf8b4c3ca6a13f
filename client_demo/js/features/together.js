// Being there together: what people say hangs above their heads.

/** @param {import('../features.js').House} house */
export function install({ hearing, avatars }) {
  hearing.on('said', ({ by, text }) => avatars.say(by, text));
}
