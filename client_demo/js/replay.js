// A recorded occasion, told again at its own pace. Knows no page and no scene.

const LONGEST_PAUSE_MS = 4000; // nobody waits through a silence of minutes

/** @typedef {[number, string, any]} Line milliseconds since 1970, event, body */
/**
 * @typedef {object} Stage
 * @property {(snapshot: any) => void} snapshot who and what was there
 * @property {(event: string, body: any) => void} hear
 * @property {(frame: Uint8Array) => void} poses
 */

export class Replay {
  /** @type {{at: number, event: string, body: any}[]} `at` in ms from the beginning */ #lines = [];
  #next = 0;
  #from = 0; // where it was when the clock was at #since
  #since = 0;
  playing = false;

  /** @param {readonly Line[]} lines in order @param {Stage} stage */
  constructor(lines, stage) {
    this.stage = stage;
    let at = 0;
    let before = lines[0]?.[0] ?? 0;
    for (const [time, event, body] of lines) {
      at += Math.min(Math.max(0, time - before), LONGEST_PAUSE_MS);
      before = time;
      this.#lines.push({ at, event, body });
    }
  }

  /** @returns {number} ms */
  get length() {
    return this.#lines.at(-1)?.at ?? 0;
  }

  get over() {
    return this.#next >= this.#lines.length;
  }

  /** @param {number} now ms, any clock @returns {number} ms from the beginning */
  at(now) {
    return this.playing ? Math.min(this.#from + now - this.#since, this.length) : this.#from;
  }

  /** @param {number} now */
  play(now) {
    if (this.over) this.seek(0, now);
    this.#since = now;
    this.playing = true;
  }

  /** @param {number} now */
  pause(now) {
    this.#from = this.at(now);
    this.playing = false;
  }

  /** To any moment: the room stands as it stood then. @param {number} at ms from the beginning @param {number} now */
  seek(at, now) {
    this.#from = Math.max(0, Math.min(at, this.length));
    this.#since = now;
    let start = this.#lines.findLastIndex(
      (line) => line.event === 'snapshot' && line.at <= this.#from,
    );
    start = Math.max(0, start);
    this.#next = start;
    this.#tell(this.#from, true);
  }

  /** Tells what has become due. @param {number} now */
  update(now) {
    if (!this.playing) return;
    this.#tell(this.at(now), false);
    if (this.over) this.pause(now);
  }

  /** @param {number} until @param {boolean} hasty only the last of the pose frames counts */
  #tell(until, hasty) {
    /** @type {string | null} */
    let frame = null;
    while (this.#next < this.#lines.length && this.#lines[this.#next].at <= until) {
      const { event, body } = this.#lines[this.#next++];
      if (event === 'poses' && hasty) frame = body;
      else this.#show(event, body);
    }
    if (frame) this.#show('poses', frame);
  }

  /** @param {string} event @param {any} body */
  #show(event, body) {
    if (event === 'snapshot') this.stage.snapshot(body);
    else if (event === 'poses') this.stage.poses(bytes(body));
    else this.stage.hear(event, body);
  }
}

/** @param {string} text base64 */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * All lines of a recording.
 *
 * @param {(path: string) => Promise<any>} get @param {string} id of the occasion
 * @returns {Promise<Line[]>}
 */
export async function recording(get, id) {
  const lines = [];
  let after = 0;
  while (after !== null) {
    const { items, next } = await get(
      `/api/occasions/${encodeURIComponent(id)}/recording?after=${after}`,
    );
    lines.push(...items);
    after = next;
  }
  return lines;
}
