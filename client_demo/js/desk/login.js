// Signing in at the desk.

import { ProblemError } from '../api.js';
import { h } from '../dom.js';

/**
 * @param {object} what
 * @param {HTMLElement} what.place @param {import('../i18n.js').Words} what.words
 * @param {string} what.notice why one is here again, or empty
 * @param {Node} what.languages
 * @param {(login: string, password: string) => Promise<void>} what.signIn
 */
export function showLogin({ place, words, notice, languages, signIn }) {
  const wrong = h('p.wrong', { role: 'alert', testid: 'login-error' }, notice);
  const login = h('input', {
    id: 'login',
    name: 'login',
    autocomplete: 'username',
    required: true,
    testid: 'login',
  });
  const password = h('input', {
    id: 'password',
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    testid: 'password',
  });
  const button = h(
    'button.primary.wide',
    { type: 'submit', testid: 'sign-in' },
    words.say('sign_in'),
  );
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    wrong.textContent = '';
    try {
      await signIn(login.value.trim(), password.value);
    } catch (error) {
      wrong.textContent = words.say(reason(error));
      password.select();
    }
    button.disabled = false;
  };
  place.replaceChildren(
    h(
      'main.login',
      {},
      h(
        'form.card',
        { onsubmit: submit },
        h('p.mark', {}, 'Vitrine', h('span', {}, words.say('desk'))),
        h('h1', {}, words.say('sign_in')),
        h('p.lead', {}, words.say('sign_in_lead')),
        h('div.field', {}, h('label', { htmlFor: 'login' }, words.say('login')), login),
        h('div.field', {}, h('label', { htmlFor: 'password' }, words.say('password')), password),
        wrong,
        button,
        languages,
      ),
    ),
  );
  login.focus();
}

/** @param {unknown} error @returns {string} key of the text */
function reason(error) {
  if (!(error instanceof ProblemError)) return 'lost';
  if (error.status === 429) return 'login_rests';
  if (error.status === 403) return 'not_staff';
  return error.status === 401 ? 'wrong_password' : 'failed';
}
