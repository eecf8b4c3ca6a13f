// Voices come from where people stand.

/**
 * @typedef {object} Voice
 * @property {HTMLAudioElement} element @property {MediaStreamAudioSourceNode} source
 * @property {AnalyserNode} meter @property {PannerNode} panner @property {GainNode} gain
 */

const NEAR = 1; // metres within which a voice is as loud as it gets
const FADING = 1.4; // how fast it fades beyond
const SMOOTH = 0.08; // seconds: places are told ten times a second, and steps would be heard

export class Spatial {
  /** @type {Map<string, Voice>} by avatar */ #voices = new Map();
  #samples = new Float32Array(256);

  /** @param {AudioContext} context running since a press of the visitor */
  constructor(context) {
    this.context = context;
  }

  /** @param {string} id @param {MediaStreamTrack} track */
  add(id, track) {
    this.remove(id);
    const { context } = this;
    const stream = new MediaStream([track]);
    // Chrome gives a remote stream no sound unless some element plays it, muted as it may be.
    const element = new Audio();
    element.muted = true;
    element.srcObject = stream;
    element.play().catch(() => {}); // it plays when the page comes to the front
    const source = context.createMediaStreamSource(stream);
    const meter = new AnalyserNode(context, { fftSize: this.#samples.length });
    const panner = new PannerNode(context, {
      panningModel: 'HRTF',
      distanceModel: 'inverse',
      refDistance: NEAR,
      rolloffFactor: FADING,
    });
    const gain = new GainNode(context);
    source.connect(meter);
    source.connect(panner).connect(gain).connect(context.destination);
    this.#voices.set(id, { element, source, meter, panner, gain });
  }

  /** @param {string} id */
  remove(id) {
    const voice = this.#voices.get(id);
    if (!voice) return;
    this.#voices.delete(id);
    voice.element.srcObject = null;
    for (const node of [voice.source, voice.panner, voice.gain]) node.disconnect();
  }

  clear() {
    for (const id of [...this.#voices.keys()]) this.remove(id);
  }

  /** @param {string} id @param {boolean} audible */
  hear(id, audible) {
    const voice = this.#voices.get(id);
    if (voice) voice.gain.gain.value = audible ? 1 : 0;
  }

  /** Allocates nothing. @param {string} id @param {{x: number, y: number, z: number}} head metres, room space */
  place(id, head) {
    const panner = this.#voices.get(id)?.panner;
    if (!panner) return;
    this.#slide(panner.positionX, head.x);
    this.#slide(panner.positionY, head.y);
    this.#slide(panner.positionZ, head.z);
  }

  /**
   * Where one hears from. Allocates nothing.
   *
   * @param {{x: number, y: number, z: number}} at metres
   * @param {{x: number, y: number, z: number}} ahead unit vector
   * @param {{x: number, y: number, z: number}} up unit vector
   */
  listen(at, ahead, up) {
    const { listener } = this.context;
    if (!listener.positionX) {
      listener.setPosition(at.x, at.y, at.z); // Firefox has only these
      listener.setOrientation(ahead.x, ahead.y, ahead.z, up.x, up.y, up.z);
      return;
    }
    this.#slide(listener.positionX, at.x);
    this.#slide(listener.positionY, at.y);
    this.#slide(listener.positionZ, at.z);
    this.#slide(listener.forwardX, ahead.x);
    this.#slide(listener.forwardY, ahead.y);
    this.#slide(listener.forwardZ, ahead.z);
    this.#slide(listener.upX, up.x);
    this.#slide(listener.upY, up.y);
    this.#slide(listener.upZ, up.z);
  }

  /** How loud somebody speaks, 0…1. Allocates nothing. @param {string} id */
  level(id) {
    const voice = this.#voices.get(id);
    if (!voice || voice.gain.gain.value === 0) return 0;
    voice.meter.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (let i = 0; i < this.#samples.length; i++) sum += this.#samples[i] * this.#samples[i];
    return Math.min(1, 4 * Math.sqrt(sum / this.#samples.length));
  }

  /** @param {string} id @returns {number[] | null} where a voice comes from */
  placeOf(id) {
    const panner = this.#voices.get(id)?.panner;
    return panner ? [panner.positionX.value, panner.positionY.value, panner.positionZ.value] : null;
  }

  /** @param {AudioParam} param @param {number} value */
  #slide(param, value) {
    param.setTargetAtTime(value, this.context.currentTime, SMOOTH);
  }
}
