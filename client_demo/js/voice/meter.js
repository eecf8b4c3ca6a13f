// A disc above the head of whoever has an open microphone; it grows as they speak.

import { CanvasTexture, Sprite, SpriteMaterial, SRGBColorSpace } from 'three';

const SIZE = 0.085; // metres
const Y = 0.145; // above the name

/** @type {CanvasTexture | null} one picture for all */ let shared = null;

export class Meter {
  #sprite = new Sprite(
    new SpriteMaterial({ map: picture(), depthWrite: false, toneMapped: false }),
  );
  #level = -1;

  /** @param {import('three').Group} above */
  constructor(above) {
    this.#sprite.position.y = Y;
    above.add(this.#sprite);
    this.show(0);
  }

  /** Allocates nothing. @param {number} level 0…1 @returns {boolean} whether it looks different now */
  show(level) {
    const step = Math.round(level * 6);
    if (step === this.#level) return false;
    this.#level = step;
    this.#sprite.scale.setScalar(SIZE * (1 + step / 8));
    return true;
  }

  dispose() {
    this.#sprite.removeFromParent();
    this.#sprite.material.dispose();
  }
}

/** A microphone on green. */
function picture() {
  if (shared) return shared;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 96;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.fillStyle = '#2f7d4f';
  pen.arc(48, 48, 46, 0, 7);
  pen.fill();
  pen.scale(4, 4);
  pen.strokeStyle = '#fffdf9';
  pen.lineWidth = 1.8;
  pen.lineCap = 'round';
  pen.stroke(new Path2D(MICROPHONE));
  shared = new CanvasTexture(canvas);
  shared.colorSpace = SRGBColorSpace;
  return shared;
}

export const MICROPHONE =
  'M12 4a2.600 2.600 0 0 1 2.600 2.600v4.800a2.600 2.600 0 0 1-5.200 0V6.600A2.600 2.600 0 0 1 12 4zM6.500 11.500a5.500 5.500 0 0 0 11 0M12 17v3';
