// The microphone: asked for when the visitor wants to be heard, and let go of afterwards.

const LINGER_MS = 20_000; // after push-to-talk: the next word must not wait for the device

/** @typedef {'insecure' | 'denied' | 'missing' | 'busy'} Trouble */

export class NoMicrophone extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** @type {Record<string, Trouble>} by the browser's name for it */
const TROUBLES = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing' };

export class Microphone {
  /** @type {MediaStreamTrack | null} */ #track = null;
  #closing = 0;

  /** Throws NoMicrophone. @returns {Promise<MediaStreamTrack>} that is live */
  async open() {
    clearTimeout(this.#closing);
    if (this.#track?.readyState !== 'live') this.#track = await this.#ask();
    this.#track.enabled = true;
    return this.#track;
  }

  /** Silent at once; the device is let go of, soon or now. @param {boolean} soon */
  shut(soon = false) {
    clearTimeout(this.#closing);
    if (!this.#track) return;
    this.#track.enabled = false;
    if (soon) this.#closing = window.setTimeout(() => this.shut(), LINGER_MS);
    else {
      this.#track.stop();
      this.#track = null;
    }
  }

  async #ask() {
    // Browsers give a microphone to pages on https and localhost only.
    if (!navigator.mediaDevices) throw new NoMicrophone('insecure');
    try {
      const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      throw new NoMicrophone(TROUBLES[name] ?? 'busy');
    }
  }
}
