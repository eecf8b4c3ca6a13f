// Words in the scene: signs on walls, name tags and bubbles that face the viewer.

import {
  CanvasTexture,
  LinearMipmapLinearFilter,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
} from 'three';

export const SERIF =
  '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, "Liberation Serif", serif';
export const SANS =
  'Seravek, "Gill Sans Nova", Optima, Candara, "Segoe UI", Ubuntu, "Noto Sans", "Liberation Sans", sans-serif';

const CAP_SHARE = 0.68; // of the em that a capital is high, in the faces above

/** @param {HTMLCanvasElement} canvas */
function textureOf(canvas) {
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.anisotropy = 8;
  return texture;
}

/**
 * A sign that stands where its middle is, front to +Z.
 *
 * @param {string} text lines parted by \n
 * @param {number} height metres of a capital letter
 * @param {string} color
 * @param {boolean} serif
 */
export function makeSign(text, height, color, serif) {
  const lines = text.split('\n');
  const em = Math.max(48, Math.min(220, (height / CAP_SHARE) * 1400)); // pixels
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const font = `${serif ? '500' : '400'} ${em}px ${serif ? SERIF : SANS}`;
  context.font = font;
  const width = Math.max(...lines.map((line) => context.measureText(line).width));
  canvas.width = Math.ceil(width + em * 0.2);
  canvas.height = Math.ceil(em * 1.3 * lines.length);
  context.font = font;
  context.fillStyle = color;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  lines.forEach((line, i) => {
    context.fillText(line, canvas.width / 2, em * 1.3 * (i + 0.5));
  });
  const metres = height / CAP_SHARE / em;
  const material = new MeshBasicMaterial({
    map: textureOf(canvas),
    transparent: true,
    depthWrite: false,
    toneMapped: false,
  });
  return new Mesh(new PlaneGeometry(canvas.width * metres, canvas.height * metres), material);
}

/**
 * @typedef {object} TagLook
 * @property {string} ink @property {string} paper @property {string} [dot]
 * @property {number} height metres of one line @property {number} [maxLetters] before a line breaks
 */

/** @param {string} text @param {number} most letters in a line @returns {string[]} at most three */
function wrap(text, most) {
  /** @type {string[]} */
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line && line.length + word.length + 1 > most) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  if (lines.length > 3) lines.splice(3, lines.length, `${lines[2].slice(0, most - 1)}…`);
  return lines.slice(0, 3);
}

/**
 * A small plate that always faces the viewer; its lower edge is where it is put.
 *
 * @param {string} text @param {TagLook} look
 * @returns {Sprite}
 */
export function makeTag(text, look) {
  const em = 44;
  const lines = wrap(text, look.maxLetters ?? 28);
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.font = `500 ${em}px ${SANS}`;
  const dot = look.dot ? em * 0.75 : 0;
  const words = Math.max(...lines.map((line) => context.measureText(line).width));
  canvas.width = Math.ceil(words + em * 1.3 + dot);
  canvas.height = Math.ceil(em * (1.25 * lines.length + 0.55));
  context.font = `500 ${em}px ${SANS}`;
  context.fillStyle = look.paper;
  context.beginPath();
  context.roundRect(
    2,
    2,
    canvas.width - 4,
    canvas.height - 4,
    Math.min(em * 0.9, canvas.height / 2),
  );
  context.fill();
  if (look.dot) {
    context.fillStyle = look.dot;
    context.beginPath();
    context.arc(em * 0.85, canvas.height / 2, em * 0.24, 0, Math.PI * 2);
    context.fill();
  }
  context.fillStyle = look.ink;
  context.textBaseline = 'middle';
  lines.forEach((line, i) => {
    context.fillText(line, em * 0.65 + dot, em * (0.95 + 1.25 * i));
  });
  const sprite = new Sprite(
    new SpriteMaterial({
      map: textureOf(canvas),
      transparent: true,
      depthWrite: false,
      toneMapped: false,
    }),
  );
  const metres = look.height / (em * 1.8);
  sprite.scale.set(canvas.width * metres, canvas.height * metres, 1);
  sprite.center.set(0.5, 0);
  sprite.renderOrder = 10;
  return sprite;
}

/** @param {Sprite | Mesh} label */
export function disposeLabel(label) {
  const material = /** @type {SpriteMaterial} */ (label.material);
  material.map?.dispose();
  material.dispose();
  label.removeFromParent();
}
