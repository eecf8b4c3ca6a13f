// Signs over heads: a raised hand that stays, a feeling that rises and fades, a badge of the house.

import { CanvasTexture, Sprite, SpriteMaterial, SRGBColorSpace } from 'three';
import { EMOTES, ICONS } from '../signs.js';
import { disposeLabel, makeTag } from './text.js';

const EMOTE_MS = 2600;
const RISE = 0.32; // metres
const SIZE = 0.19; // metres
const PIXELS = 128;
const LOOK = { ink: '#ffffff', paper: '#386246', height: 0.075 };

/** @typedef {{sprite: Sprite, began: number, root: import('three').Group}} Rising */

export class Signs {
  shown = 0; // feelings since one came in
  /** @type {Map<string, Sprite>} raised hands by avatar */ #hands = new Map();
  /** @type {Map<string, Sprite>} */ #badges = new Map();
  /** @type {Rising[]} */ #rising = [];

  /** @param {import('./stage.js').Stage} stage @param {import('./avatars.js').Avatars} avatars */
  constructor(stage, avatars) {
    this.stage = stage;
    this.avatars = avatars;
    stage.parts.push(this);
    avatars.on('left', ({ id }) => this.#forget(id));
  }

  /** @param {string} id @param {string} emote one of EMOTES */
  show(id, emote) {
    const root = this.avatars.above(id);
    if (!root || !(emote in EMOTES)) return;
    const sprite = drawn(EMOTES[emote], '#fffdf9', '#96391f');
    root.add(sprite);
    this.shown += 1;
    this.#rising.push({ sprite, began: performance.now(), root });
    this.stage.wake(EMOTE_MS + 100);
  }

  /** These have their hand up, and nobody else. @param {readonly string[]} ids */
  raise(ids) {
    for (const [id, sprite] of this.#hands) {
      if (ids.includes(id)) continue;
      disposeLabel(sprite);
      this.#hands.delete(id);
    }
    for (const id of ids) {
      const root = this.avatars.above(id);
      if (!root || this.#hands.has(id)) continue;
      const sprite = drawn(ICONS.hand, '#96391f', '#ffffff');
      const tag = this.avatars.people.get(id)?.tag;
      sprite.center.set(0.5 + ((tag?.scale.x ?? 0.3) / 2 + SIZE / 2 + 0.02) / SIZE, 0.25);
      root.add(sprite);
      this.#hands.set(id, sprite);
    }
    this.stage.wake();
  }

  /** Under the name, who has a part in the house. @param {string} id @param {string} text empty: none */
  badge(id, text) {
    const former = this.#badges.get(id);
    if (former) disposeLabel(former);
    this.#badges.delete(id);
    const root = this.avatars.above(id);
    if (!root || !text) return;
    const sprite = makeTag(text, LOOK);
    sprite.center.set(0.5, 1);
    sprite.position.y = -0.008;
    root.add(sprite);
    this.#badges.set(id, sprite);
    this.stage.wake();
  }

  /** @returns {string[]} avatars that are seen with a raised hand */
  get raised() {
    return [...this.#hands.keys()];
  }

  update() {
    const now = performance.now();
    for (let i = this.#rising.length - 1; i >= 0; i--) {
      const { sprite, began } = this.#rising[i];
      const share = (now - began) / EMOTE_MS;
      if (share >= 1) {
        disposeLabel(sprite);
        this.#rising.splice(i, 1);
        continue;
      }
      sprite.position.y = 0.14 + RISE * (1 - (1 - share) * (1 - share));
      sprite.material.opacity = share < 0.7 ? 1 : (1 - share) / 0.3;
      this.stage.wake();
    }
  }

  /** @param {string} id */
  #forget(id) {
    for (const signs of [this.#hands, this.#badges]) {
      const sprite = signs.get(id);
      if (sprite) disposeLabel(sprite);
      signs.delete(id);
    }
    this.#rising = this.#rising.filter((one) => {
      const stays = one.root.parent !== null;
      if (!stays) disposeLabel(one.sprite);
      return stays;
    });
  }
}

/** A round sign that faces the viewer. @param {string} strokes @param {string} paper @param {string} ink */
function drawn(strokes, paper, ink) {
  const canvas = document.createElement('canvas');
  canvas.width = PIXELS;
  canvas.height = PIXELS;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = paper;
  context.beginPath();
  context.arc(PIXELS / 2, PIXELS / 2, PIXELS / 2 - 2, 0, Math.PI * 2);
  context.fill();
  context.translate(PIXELS * 0.16, PIXELS * 0.16);
  context.scale((PIXELS * 0.68) / 24, (PIXELS * 0.68) / 24);
  context.strokeStyle = ink;
  context.lineWidth = 1.9;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.stroke(new Path2D(strokes));
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const sprite = new Sprite(
    new SpriteMaterial({ map, transparent: true, depthWrite: false, toneMapped: false }),
  );
  sprite.scale.set(SIZE, SIZE, 1);
  sprite.center.set(0.5, 0);
  sprite.renderOrder = 11;
  return sprite;
}
