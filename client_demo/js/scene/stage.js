// The stage: renderer, camera on its rig, ambient light, and the loop that calls the parts.

import {
  ACESFilmicToneMapping,
  Color,
  Group,
  HemisphereLight,
  PCFShadowMap,
  PerspectiveCamera,
  PMREMGenerator,
  Scene,
  SRGBColorSpace,
  WebGLRenderer,
} from 'three';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';
import { Quality } from '../quality.js';
import { Surfaces } from './surfaces.js';

const REST_MS = 500; // without movement, then the picture is sharpened
export const EYE_HEIGHT = 1.62; // metres

/**
 * @typedef {object} Part
 * @property {(seconds: number, now: number, frame?: XRFrame) => void} update once per frame
 */

/** Draws only when something changed: a quiet room costs no battery. */
export class Stage {
  /** @type {Part[]} */ parts = [];
  scene = new Scene();
  rig = new Group();
  camera = new PerspectiveCamera(62, 1, 0.05, 80);
  surfaces = new Surfaces();
  /** Light that floor and walls throw back: the ambient picture alone leaves ceilings grey. */
  bounce = new HemisphereLight('#fff6ea', '#f0d9b8', 0);
  frames = 0;
  patient = true; // nothing is lost when one picture takes a second
  /** Half of what is covered, CSS pixels from the right and from below. */
  #shift = { x: 0, y: 0, goalX: 0, goalY: 0 };
  #awakeUntil = 0;
  #last = 0;
  #drewLast = false;
  #restSince = 0;
  #sharp = true; // whether the last picture had the screen's own pixels

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {boolean} [sharp] keep the full pixel ratio, for pictures
   * Throws when the browser has no WebGL 2.
   */
  constructor(canvas, sharp = false) {
    this.canvas = canvas;
    const plain = !sharp && Surfaces.isSoftware();
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: !plain,
      powerPreference: 'high-performance',
    });
    // Glass sees the room at half size: nobody notices, and the room is not drawn twice.
    this.renderer.transmissionResolutionScale = 0.5;
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    this.renderer.xr.enabled = true;
    this.setEnvironment({});
    this.quality = new Quality(window.devicePixelRatio || 1, sharp);
    this.camera.position.y = EYE_HEIGHT;
    this.camera.rotation.order = 'YXZ';
    this.rig.add(this.camera);
    this.scene.add(this.rig, this.bounce);
    if (plain) this.surfaces.simplify(this.scene);
    else this.#light();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  start() {
    this.renderer.setAnimationLoop((time, frame) => this.#tick(time, frame));
  }

  /** @param {number} [ms] how long frames are needed after this one */
  wake(ms = 0) {
    this.#awakeUntil = Math.max(this.#awakeUntil, performance.now() + ms);
    if (this.#awakeUntil === 0) this.#awakeUntil = 1;
  }

  /**
   * A panel covers a part of the picture; what one looks at moves into the middle of the rest.
   *
   * @param {DOMRect | null} panel CSS pixels; at the right, or from below when it is about as wide
   */
  cover(panel) {
    const beside = panel !== null && panel.width < this.canvas.clientWidth * 0.75;
    this.#shift.goalX = beside ? panel.width / 2 : 0;
    this.#shift.goalY = panel && !beside ? panel.height / 2 : 0;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.#slide(1);
    this.wake();
  }

  /** @param {number} share of the way, 0…1 */
  #slide(share) {
    const shift = this.#shift;
    const { clientWidth, clientHeight } = this.canvas;
    const left = Math.abs(shift.goalX - shift.x) + Math.abs(shift.goalY - shift.y);
    if (left === 0) return;
    const step = left < 1 ? 1 : share;
    shift.x += (shift.goalX - shift.x) * step;
    shift.y += (shift.goalY - shift.y) * step;
    this.camera.setViewOffset(
      clientWidth,
      clientHeight,
      shift.x,
      shift.y,
      clientWidth,
      clientHeight,
    );
    this.wake();
  }

  /** Something that throws a shadow moved. */
  shadowsMoved() {
    this.renderer.shadowMap.needsUpdate = true;
    this.wake();
  }

  /** @param {{background?: string, exposure?: number, ambient?: number}} environment */
  setEnvironment({ background = '#f2ede4', exposure = 1, ambient = 0.6 }) {
    this.scene.background = new Color(background);
    this.renderer.toneMappingExposure = exposure;
    this.scene.environmentIntensity = ambient;
    this.bounce.intensity = ambient * 0.8;
  }

  resize() {
    if (this.renderer.xr.isPresenting) return;
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.renderer.setPixelRatio(this.quality.ratio);
    this.#sharp = this.quality.ratio === this.quality.best;
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    // Upright phones get a wider vertical angle, or one would look through a letterbox.
    this.camera.fov = this.camera.aspect < 0.8 ? 76 : 60;
    this.camera.setViewOffset(
      clientWidth,
      clientHeight,
      this.#shift.x,
      this.#shift.y,
      clientWidth,
      clientHeight,
    );
    this.wake();
  }

  /** @param {number} elapsed ms since the frame before */
  #adapt(elapsed) {
    if (this.quality.measured(elapsed)) this.resize();
    else if (this.quality.exhausted) this.surfaces.simplify(this.scene);
  }

  #light() {
    const generator = new PMREMGenerator(this.renderer);
    this.scene.environment = generator.fromScene(new RoomEnvironment(), 0.04).texture;
    generator.dispose();
  }

  /** @param {number} time ms @param {XRFrame} [frame] */
  #tick(time, frame) {
    const seconds = Math.min(0.1, (time - this.#last) / 1000);
    const elapsed = time - this.#last;
    this.#last = time;
    if (!this.renderer.xr.isPresenting) this.#slide(1 - Math.exp(-9 * seconds));
    for (let i = 0; i < this.parts.length; i++) this.parts[i].update(seconds, time, frame);
    const presenting = this.renderer.xr.isPresenting;
    const draws = presenting || this.#awakeUntil > 0;
    if (draws) {
      if (this.#sharp && !presenting) this.#blur();
      if (performance.now() >= this.#awakeUntil) this.#awakeUntil = 0;
      this.renderer.render(this.scene, this.camera);
      this.frames++;
      if (this.#drewLast && !presenting) this.#adapt(elapsed);
    }
    if (draws) this.#restSince = time;
    else if (this.patient && !this.#sharp && time - this.#restSince > REST_MS) this.#sharpen();
    this.#drewLast = draws;
  }

  /** Nothing moves: one picture with all the pixels there are, however long it takes. */
  #sharpen() {
    this.renderer.setPixelRatio(this.quality.best);
    this.renderer.render(this.scene, this.camera);
    this.#sharp = true;
  }

  /** Something moves again. */
  #blur() {
    this.renderer.setPixelRatio(this.quality.ratio);
    this.#sharp = this.quality.ratio === this.quality.best;
  }
}
