// The light on one piece: a beam from the ceiling, a pool around it, and less light elsewhere.

import {
  AdditiveBlending,
  CanvasTexture,
  CircleGeometry,
  CylinderGeometry,
  DoubleSide,
  Group,
  Mesh,
  MeshBasicMaterial,
  SpotLight,
  Vector3,
} from 'three';

const WARM = '#ffe2b0';
const DIM = 0.5; // of the light from everywhere that stays
const CANDELA = 34;

export class Spotlight {
  /** @type {string | null} the piece in the light */ object = null;
  #root = new Group();
  #beam;
  #pool;
  #at = new Vector3();
  /** @type {SpotLight | null} */ #lamp = null;
  /** @type {{environment: number, bounce: number} | null} as it was before */ #before = null;

  /**
   * @param {import('./stage.js').Stage} stage @param {import('./showroom.js').Showroom} room
   * @param {import('./products.js').Products} products
   */
  constructor(stage, room, products) {
    this.stage = stage;
    this.room = room;
    this.products = products;
    this.#beam = glowing(new CylinderGeometry(0.12, 1, 1, 40, 1, true), fromTop(), 0.3);
    this.#pool = glowing(new CircleGeometry(1, 48).rotateX(-Math.PI / 2), fromMiddle(), 0.45);
    this.#root.add(this.#beam, this.#pool);
    this.#root.visible = false;
    stage.scene.add(this.#root);
    products.on('moved', (id) => id === this.object && this.#aim());
  }

  /** @param {string | null} object */
  show(object) {
    this.object = object && this.products.pieces.has(object) ? object : null;
    this.#root.visible = this.object !== null;
    this.#dim(this.object !== null);
    if (this.object) this.#aim();
    this.stage.wake(100);
  }

  #aim() {
    const piece = this.object ? this.products.pieces.get(this.object) : null;
    if (!piece || !this.object || !this.products.middle(this.object, this.#at)) return;
    const { min, max } = piece.box;
    const scale = piece.group.scale.x;
    const radius = 0.14 + Math.hypot(max.x - min.x, max.z - min.z) * 0.55 * scale;
    const floor = piece.group.position.y + min.y * scale;
    const top = Math.max(floor + 0.5, this.room.scene.bounds.max[1]);
    this.#beam.position.set(this.#at.x, (floor + top) / 2, this.#at.z);
    this.#beam.scale.set(radius, top - floor, radius);
    this.#pool.position.set(this.#at.x, floor + 0.004, this.#at.z);
    this.#pool.scale.setScalar(radius * 1.15);
    this.#lamp?.position.set(this.#at.x, top, this.#at.z);
    this.#lamp?.target.position.copy(this.#at);
    if (this.#lamp) this.#lamp.angle = Math.atan2(radius * 1.2, top - floor);
    this.stage.wake();
  }

  /** @param {boolean} on */
  #dim(on) {
    const { scene, bounce, surfaces } = this.stage;
    if (on && !this.#before) {
      this.#before = { environment: scene.environmentIntensity, bounce: bounce.intensity };
      scene.environmentIntensity *= DIM;
      bounce.intensity *= DIM;
      // A lamp more has every surface's program made anew: only while it is needed.
      if (!surfaces.plain) {
        this.#lamp = new SpotLight(WARM, CANDELA, 0, 0.4, 0.5, 2);
        this.#root.add(this.#lamp, this.#lamp.target);
      }
    }
    if (on || !this.#before) return;
    scene.environmentIntensity = this.#before.environment;
    bounce.intensity = this.#before.bounce;
    this.#before = null;
    if (this.#lamp) this.#root.remove(this.#lamp, this.#lamp.target);
    this.#lamp?.dispose();
    this.#lamp = null;
  }
}

/** @param {import('three').BufferGeometry} geometry @param {CanvasTexture} alphaMap @param {number} opacity */
function glowing(geometry, alphaMap, opacity) {
  const material = new MeshBasicMaterial({
    color: WARM,
    alphaMap,
    opacity,
    transparent: true,
    depthWrite: false,
    toneMapped: false,
    blending: AdditiveBlending,
    side: DoubleSide,
  });
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = 5;
  return mesh;
}

/** @param {(context: CanvasRenderingContext2D) => CanvasGradient} gradient */
function painted(gradient) {
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 128;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const ramp = gradient(context);
  ramp.addColorStop(0, '#fff');
  ramp.addColorStop(0.55, '#666');
  ramp.addColorStop(1, '#000');
  context.fillStyle = ramp;
  context.fillRect(0, 0, 128, 128);
  return new CanvasTexture(canvas);
}

function fromTop() {
  return painted((context) => context.createLinearGradient(0, 0, 0, 128));
}

function fromMiddle() {
  return painted((context) => context.createRadialGradient(64, 64, 8, 64, 64, 64));
}
