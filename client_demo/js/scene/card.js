// In a headset there are no pages: a card beside the piece, with its finishes and one button.

import {
  CanvasTexture,
  LinearMipmapLinearFilter,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  SRGBColorSpace,
  Vector3,
} from 'three';
import { SANS, SERIF } from './text.js';

const WIDE = 640; // pixels
const HIGH = 720;
const METRES = 0.42; // wide

/**
 * @typedef {object} Spot a place on the card that can be chosen
 * @property {number} x @property {number} y @property {number} r pixels
 * @property {() => void} act
 */
/**
 * @typedef {object} CardText
 * @property {string} name @property {string} price @property {string} button
 * @property {{id: string, name: string, swatch: string}[]} variants
 * @property {string | null} chosen @property {string} note
 */

export class Card {
  #canvas = document.createElement('canvas');
  #texture = new CanvasTexture(this.#canvas);
  /** @type {Spot[]} */ #spots = [];
  #look = new Vector3();
  /** @type {Mesh} */ mesh;

  /** @param {import('./stage.js').Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.#canvas.width = WIDE;
    this.#canvas.height = HIGH;
    this.#texture.colorSpace = SRGBColorSpace;
    this.#texture.minFilter = LinearMipmapLinearFilter;
    const material = new MeshBasicMaterial({
      map: this.#texture,
      transparent: true,
      toneMapped: false,
    });
    this.mesh = new Mesh(new PlaneGeometry(METRES, (METRES * HIGH) / WIDE), material);
    this.mesh.visible = false;
    this.mesh.renderOrder = 20;
    stage.scene.add(this.mesh);
  }

  /**
   * @param {Vector3} at the middle of the piece @param {Vector3} eye
   * @param {CardText} text @param {(variant: string) => void} onVariant @param {() => void} onAdd
   */
  show(at, eye, text, onVariant, onAdd) {
    this.#paint(text, onVariant, onAdd);
    // To the right of the piece as one looks at it, a little nearer, at the height of the eyes.
    this.#look.subVectors(eye, at).setY(0).normalize();
    this.mesh.position.copy(at).addScaledVector(this.#look, 0.25);
    this.mesh.position.x += this.#look.z * 0.42;
    this.mesh.position.z -= this.#look.x * 0.42;
    this.mesh.position.y = Math.max(at.y + 0.15, eye.y - 0.35);
    this.mesh.lookAt(eye);
    // Read from across the room as well as from nearby.
    this.mesh.scale.setScalar(Math.max(1, this.mesh.position.distanceTo(eye) * 0.65));
    this.mesh.visible = true;
  }

  hide() {
    this.mesh.visible = false;
  }

  /** @param {import('three').Raycaster} ray @returns {boolean} whether the card took the choice */
  choose(ray) {
    if (!this.mesh.visible) return false;
    const hit = ray.intersectObject(this.mesh, false)[0];
    if (!hit?.uv) return false;
    const x = hit.uv.x * WIDE;
    const y = (1 - hit.uv.y) * HIGH;
    this.#spots.find((spot) => Math.hypot(spot.x - x, spot.y - y) < spot.r)?.act();
    return true;
  }

  /** @param {CardText} text @param {(variant: string) => void} onVariant @param {() => void} onAdd */
  #paint(text, onVariant, onAdd) {
    const c = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    c.clearRect(0, 0, WIDE, HIGH);
    c.fillStyle = '#fbf7f0';
    c.beginPath();
    c.roundRect(0, 0, WIDE, HIGH, 48);
    c.fill();
    c.textBaseline = 'alphabetic';
    c.textAlign = 'left';
    c.fillStyle = '#231f1a';
    c.font = `500 58px ${SERIF}`;
    c.fillText(text.name, 56, 128, WIDE - 112);
    c.font = `400 44px ${SANS}`;
    c.fillText(text.price, 56, 200, WIDE - 112);
    this.#spots = text.variants.map((variant, i) => {
      const x = 56 + 46 + i * 118;
      this.#swatch(c, x, 330, variant.swatch, variant.id === text.chosen);
      return { x, y: 330, r: 58, act: () => onVariant(variant.id) };
    });
    c.fillStyle = '#5e554a';
    c.font = `400 34px ${SANS}`;
    const chosen = text.variants.find((variant) => variant.id === text.chosen);
    c.fillText(chosen?.name ?? '', 56, 446, WIDE - 112);
    this.#button(c, text.button);
    c.font = `400 28px ${SANS}`;
    c.fillStyle = '#5e554a';
    c.fillText(text.note, 56, 672, WIDE - 112);
    this.#spots.push({ x: WIDE / 2, y: 556, r: 250, act: onAdd });
    this.#texture.needsUpdate = true;
  }

  /** @param {CanvasRenderingContext2D} c @param {number} x @param {number} y @param {string} color @param {boolean} on */
  #swatch(c, x, y, color, on) {
    c.fillStyle = color;
    c.beginPath();
    c.arc(x, y, 38, 0, Math.PI * 2);
    c.fill();
    c.lineWidth = on ? 6 : 2;
    c.strokeStyle = on ? '#96391f' : '#d8cdbc';
    c.beginPath();
    c.arc(x, y, on ? 49 : 39, 0, Math.PI * 2);
    c.stroke();
  }

  /** @param {CanvasRenderingContext2D} c @param {string} text */
  #button(c, text) {
    c.fillStyle = '#96391f';
    c.beginPath();
    c.roundRect(56, 506, WIDE - 112, 100, 50);
    c.fill();
    c.fillStyle = '#fff';
    c.textAlign = 'center';
    c.font = `500 40px ${SANS}`;
    c.fillText(text, WIDE / 2, 570, WIDE - 160);
    c.textAlign = 'left';
  }
}
