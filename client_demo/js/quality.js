// How sharp a picture this machine can afford: steps down when frames take long, up when they fly.

/** Pixel ratios from the sharpest. */
const STEPS = [2, 1.5, 1.25, 1, 0.8, 0.65, 0.5];
const SLOW_MS = 42; // below 24 frames a second walking stutters
const FAST_MS = 18;
const SLOW_FRAMES = 8;
const FAST_FRAMES = 240;

export class Quality {
  #step;
  #floor;
  #slow = 0;
  #fast = 0;

  /**
   * @param {number} deviceRatio the screen's own pixel ratio
   * @param {boolean} [fixed] keep the sharpest, for pictures
   */
  constructor(deviceRatio, fixed = false) {
    const first = STEPS.findIndex((ratio) => ratio <= deviceRatio);
    this.#step = first < 0 ? STEPS.length - 1 : first;
    this.#floor = fixed ? this.#step : STEPS.length - 1;
    this.sharpest = this.#step;
    /** The screen's own pixels, for a picture at rest. */
    this.best = STEPS[this.#step];
  }

  /** Slow at the last step: only plainer surfaces can help. */
  get exhausted() {
    return this.#step === STEPS.length - 1 && this.#slow >= SLOW_FRAMES;
  }

  get ratio() {
    return STEPS[this.#step];
  }

  /**
   * @param {number} frameMs how long the last frame took, only while frames follow each other
   * @returns {boolean} whether the ratio changed
   */
  measured(frameMs) {
    // A frame of half a second needs no seven more to be believed.
    this.#slow = frameMs > SLOW_MS ? this.#slow + (frameMs > 250 ? 4 : 1) : 0;
    this.#fast = frameMs < FAST_MS ? this.#fast + 1 : 0;
    if (this.#slow >= SLOW_FRAMES && this.#step < this.#floor) return this.#go(1);
    if (this.#fast >= FAST_FRAMES && this.#step > this.sharpest) return this.#go(-1);
    return false;
  }

  /** @param {number} by */
  #go(by) {
    this.#step += by;
    this.#slow = 0;
    this.#fast = 0;
    // Having had to step down once, the step above is not tried for ever.
    if (by > 0) this.sharpest = Math.max(this.sharpest, this.#step - 1);
    return true;
  }
}
