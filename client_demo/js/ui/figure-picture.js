// A figure in a few strokes, for choosing: no 3D is needed to know it again.

import { OUTLINES } from '../outlines.js';

const NS = 'http://www.w3.org/2000/svg';
const SCALE = 100; // of a metre
const HEAD = { y: 0.88, radius: 0.15 }; // metres above the body's lower end

/** @type {Record<string, (cloth: string, trim: string) => [string, Record<string, string | number>][]>} */
const HATS = {
  round: (cloth, trim) => [
    ['path', { d: 'M-15.500 -91a15.500 15.500 0 0 1 31 0z', fill: cloth }],
    ['rect', { x: -16, y: -92.5, width: 32, height: 4.5, rx: 2.2, fill: trim }],
  ],
  tall: (_, trim) => [
    ['circle', { cx: 0, cy: -107, r: 7, fill: trim }],
    ['path', { d: 'M-15.500 -89a15.500 15.500 0 0 1 31 0c-5 -7 -26 -7 -31 0z', fill: trim }],
  ],
  small: (cloth, trim) => [
    ['circle', { cx: -11, cy: -102, r: 5.5, fill: cloth }],
    ['circle', { cx: 11, cy: -102, r: 5.5, fill: cloth }],
    ['path', { d: 'M-15.500 -91a15.500 15.500 0 0 1 31 0z', fill: cloth }],
    ['rect', { x: -16, y: -92.5, width: 32, height: 4.5, rx: 2.2, fill: trim }],
  ],
  leaf: (cloth) => [
    ['path', { d: 'M-.9 -112h1.800v10h-1.800z', fill: cloth }],
    ['path', { d: 'M0 -110c3 -8 10 -10 16 -9c-2 7 -8 11 -16 9z', fill: cloth }],
    ['path', { d: 'M0 -110c-3 -8 -10 -10 -16 -9c2 7 8 11 16 9z', fill: cloth }],
  ],
  stone: (cloth) => [
    ['path', { d: 'M-16.500 -84a16.500 17.500 0 1 1 33 0c-2 -11 -31 -11 -33 0z', fill: cloth }],
  ],
};

/** @param {string} figure @param {string} color #rrggbb @returns {SVGSVGElement} */
export function figurePicture(figure, color) {
  const outline = OUTLINES[figure] ?? OUTLINES.round;
  const right = outline.map(([r, y]) => `${r * SCALE} ${-y * SCALE}`);
  const left = outline.map(([r, y]) => `${-r * SCALE} ${-y * SCALE}`).reverse();
  const trim = `color-mix(in srgb, ${color} 62%, black)`;
  const eye = (/** @type {number} */ x) =>
    drawn('ellipse', { cx: x, cy: -87, rx: 1.7, ry: 2.6, fill: '#2a231d' });
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '-34 -122 68 126');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(
    drawn('path', { d: `M${right.join('L')}L${left.join('L')}z`, fill: color }),
    drawn('circle', { cx: 0, cy: -HEAD.y * SCALE, r: HEAD.radius * SCALE, fill: '#e9d3ba' }),
    eye(-5.2),
    eye(5.2),
    ...(HATS[figure] ?? HATS.round)(color, trim).map(([tag, props]) => drawn(tag, props)),
  );
  return svg;
}

/** @param {string} tag @param {Record<string, string | number>} props */
function drawn(tag, props) {
  const element = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === 'fill') element.style.fill = String(value);
    else element.setAttribute(key, String(value));
  }
  return element;
}
