// The server over HTTP: JSON in, JSON out, problems as errors that can be shown.

/**
 * @typedef {object} Problem RFC 9457, with the facts of the case as further members
 * @property {string} type stable slug @property {string} title @property {number} status
 * @property {string} [detail]
 */

/** The server answered, and the answer is no. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
    this.status = problem.status;
    this.type = problem.type;
  }
}

/** No answer: whether the server did it is unknown. */
export class Unreachable extends Error {}

/**
 * @typedef {object} Ask
 * @property {string} [method] @property {unknown} [body] @property {Record<string, string>} [headers]
 */

export class Api {
  /** @type {string | null} */
  token = null;
  #base;

  /** @param {string} [base] origin of the server, by default the page's */
  constructor(base = '') {
    this.#base = base;
  }

  /**
   * @param {string} path
   * @param {Ask} [ask]
   * @returns {Promise<any>} the decoded body; null for 304
   * Throws ProblemError when the server refuses, Unreachable when there is no answer.
   */
  async call(path, { method = 'GET', body, headers = {} } = {}) {
    /** @type {Record<string, string>} */
    const sent = { accept: 'application/json', ...headers };
    if (this.token) sent.authorization = `Bearer ${this.token}`;
    if (body !== undefined) sent['content-type'] = 'application/json';
    const response = await this.#fetch(path, method, sent, body);
    if (response.status === 304 || response.status === 204) return null;
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    // A gateway without the server behind it answers in HTML: nobody we know has spoken.
    if (answer === null && response.status >= 500) throw new Unreachable(`HTTP ${response.status}`);
    throw new ProblemError({
      type: 'about:blank',
      title: response.statusText,
      ...answer,
      status: response.status,
    });
  }

  /** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
  post(path, body, headers) {
    return this.call(path, { method: 'POST', body, headers });
  }

  /**
   * @param {string} path @param {string} method @param {Record<string, string>} headers
   * @param {unknown} body
   */
  async #fetch(path, method, headers, body) {
    try {
      return await fetch(this.#base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }
}
