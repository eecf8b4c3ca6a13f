// Trying something that the room or the server may refuse, and saying so in the visitor's words.

import { ProblemError } from './api.js';

const CHANGED = ['stale-version', 'wrong-state']; // the staff were faster

/**
 * @param {import('./ui/notices.js').Notices} notices @param {import('./visit.js').Visit} visit
 * @param {import('./world.js').World} world
 * @returns {(promise: Promise<unknown>) => Promise<boolean>} whether it went well
 */
export function attempting(notices, visit, world) {
  return async (promise) => {
    try {
      await promise;
      return true;
    } catch (error) {
      notices.say(inWords(error, visit, world), 'sorry');
      return false;
    }
  };
}

/** @param {unknown} error @param {import('./visit.js').Visit} visit @param {import('./world.js').World} world */
function inWords(error, visit, world) {
  if (!(error instanceof ProblemError)) return visit.say('lost');
  const { by, name } = /** @type {any} */ (error.problem);
  if (CHANGED.includes(error.type)) return visit.say('order_changed');
  const refusal = `refused_${error.type}`;
  if (visit.words.has(refusal)) return visit.say(refusal);
  if (error.type !== 'already-held') return error.message;
  return visit.say('held_by_other', { name: name ?? (world.nameOf(by) || visit.say('anonymous')) });
}
