// Walking with somebody, or to where everybody is asked to come. One's own will always ends it.

import { Vector3 } from 'three';
import { besides, ringPlace } from '../gathering.js';

const GAP = 1.1; // metres between who leads and who follows
const AGAIN_MS = 350; // between two looks at where they are
const FAR = 0.25; // metres that they have gone before the way is looked for again

export class Escort {
  /** @type {string | null} */ leader = null;
  #head = new Vector3();
  #last = { x: Number.NaN, z: Number.NaN, at: 0 };

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./controls.js').Controls} controls
   * @param {import('./avatars.js').Avatars} avatars @param {() => void} stopped one walks alone again
   */
  constructor(stage, controls, avatars, stopped) {
    this.stage = stage;
    this.controls = controls;
    this.avatars = avatars;
    stage.parts.push(this);
    controls.on('steered', () => {
      if (!this.leader) return;
      this.leader = null;
      stopped();
    });
  }

  /** @param {string | null} leader avatar */
  follow(leader) {
    this.leader = leader;
    this.#last.x = Number.NaN;
    this.stage.wake(AGAIN_MS * 2);
  }

  /** @param {{position: number[], radius: number}} wish @param {string} me @param {Iterable<string>} everybody */
  comeTo({ position, radius }, me, everybody) {
    this.controls.walkTo(ringPlace({ x: position[0], z: position[2] }, radius, me, everybody));
  }

  /** Up to somebody, as far as they are seen. @param {string} id */
  goTo(id) {
    const head = this.avatars.headOf(id, this.#head);
    const spot = head && besides(this.controls.spot, head, GAP);
    if (spot) this.controls.walkTo(spot);
  }

  update() {
    if (!this.leader || this.stage.renderer.xr.isPresenting) return;
    const now = performance.now();
    if (now - this.#last.at < AGAIN_MS) return;
    const head = this.avatars.headOf(this.leader, this.#head);
    if (!head) return;
    this.#last.at = now;
    if (Math.hypot(head.x - this.#last.x, head.z - this.#last.z) < FAR) return;
    this.#last.x = head.x;
    this.#last.z = head.z;
    this.goTo(this.leader);
  }
}
