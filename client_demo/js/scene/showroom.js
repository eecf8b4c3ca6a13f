// The room itself: furniture and walls, lights and signs, from the scene's description.

import {
  Box3,
  DirectionalLight,
  Group,
  Object3D,
  PointLight,
  Raycaster,
  SpotLight,
  Vector3,
} from 'three';
import { chooseFiles } from '../files.js';
import { makeSign } from './text.js';

/** @typedef {import('../files.js').File} File */
/** @typedef {import('./stage.js').Stage} Stage */

const DOWN = new Vector3(0, -1, 0);

export class Showroom {
  root = new Group();
  /** @type {any} scenes/scene.schema.json, null until it is set */ scene = null;
  /** @type {import('../collide.js').Box} */ floor = { min: [0, 0], max: [0, 0] };
  /** @type {import('../collide.js').Box[]} */ obstacles = [];
  /** @type {'screen' | 'headset'} */ device = 'screen';
  /** @type {Map<Group, string>} all places and their models */ #places = new Map();
  /** @type {Map<Group, string>} places whose model has no file yet */ missing = new Map();
  #signs = new Group();
  #solid = new Group();

  /** @param {Stage} stage @param {import('./models.js').Models} models */
  constructor(stage, models) {
    this.stage = stage;
    this.models = models;
    this.root.add(this.#solid, this.#signs);
    stage.scene.add(this.root);
  }

  /** @param {any} scene scenes/scene.schema.json */
  set(scene) {
    this.scene = scene;
    this.floor = {
      min: [scene.bounds.min[0], scene.bounds.min[2]],
      max: [scene.bounds.max[0], scene.bounds.max[2]],
    };
    this.obstacles = scene.obstacles ?? [];
    this.stage.setEnvironment(scene.environment ?? {});
    for (const light of scene.lights ?? []) this.root.add(this.#makeLight(light));
  }

  /**
   * Furniture, first as previews where there are any; better files follow on their own.
   *
   * @param {Record<string, File[]>} files by model name
   * @returns {Promise<void>[]} one per node, fulfilled when something stands there
   */
  furnish(files) {
    return (this.scene.nodes ?? []).map((/** @type {any} */ node) => {
      const holder = place(new Group(), node);
      if (node.scale) holder.scale.fromArray(toThree(node.scale));
      this.#solid.add(holder);
      this.#places.set(holder, node.model);
      return this.#bring(holder, node.model, files);
    });
  }

  /** What was not converted yet. @param {Record<string, File[]>} files by model name */
  bring(files) {
    for (const [holder, model] of this.missing) {
      this.#bring(holder, model, files).catch(keepPreview);
    }
  }

  /**
   * Other files for another device; what is loaded stays until they are there.
   *
   * @param {'screen' | 'headset'} device @param {Record<string, File[]>} files
   */
  setDevice(device, files) {
    this.device = device;
    for (const [holder, model] of this.#places) {
      const best = chooseFiles(files[model] ?? [], device).at(-1);
      if (best) this.#fill(holder, best.url).catch(keepPreview);
    }
  }

  /** @param {Group} holder @param {string} model @param {Record<string, File[]>} files */
  async #bring(holder, model, files) {
    const [first, best] = chooseFiles(files[model] ?? [], this.device);
    if (!first) {
      this.missing.set(holder, model);
      return;
    }
    this.missing.delete(holder);
    await this.#fill(holder, first.url);
    if (best) this.#fill(holder, best.url).catch(keepPreview);
  }

  /** @param {import('../i18n.js').Words} words */
  label(words) {
    this.#signs.clear();
    for (const sign of this.scene.signs ?? []) {
      const big = sign.height >= 0.08;
      const mesh = makeSign(words.pick(sign.text), sign.height, sign.color ?? '#2b2620', big);
      this.#signs.add(place(mesh, sign));
    }
    this.stage.wake();
  }

  /** @param {Raycaster} ray @returns {Vector3 | null} where a look ends: floor, wall or furniture */
  hit(ray) {
    return ray.intersectObject(this.#solid, true)[0]?.point ?? null;
  }

  /**
   * What lies under a place: where a thing that is let go comes to rest.
   *
   * @param {Vector3} from
   * @returns {number} height, metres
   */
  restingHeight(from) {
    const ray = new Raycaster(from, DOWN, 0, 10);
    const under = ray
      .intersectObject(this.#solid, true)
      .find(
        (hit) =>
          hit.face && hit.face.normal.clone().transformDirection(hit.object.matrixWorld).y > 0.7,
      );
    return Math.max(this.scene.bounds.min[1], under?.point.y ?? 0);
  }

  /** @param {Group} holder @param {string} url */
  async #fill(holder, url) {
    const gltf = await this.models.load(url);
    const model = gltf.scene.clone(true);
    this.stage.surfaces.dress(model);
    holder.clear();
    holder.add(model);
    this.stage.shadowsMoved();
  }

  /** @param {any} light */
  #makeLight(light) {
    const made = this.#lightOf(light);
    made.visible = light.kind === 'sun' || !this.stage.surfaces.plain;
    made.position.fromArray(light.position);
    if ('target' in made) {
      /** @type {Object3D} */ (made.target).position.fromArray(light.target ?? [0, 0, 0]);
      this.root.add(/** @type {Object3D} */ (made.target));
    }
    return made;
  }

  /** @param {any} light */
  #lightOf({ kind, color, intensity, angle, shadow, position, target }) {
    if (kind === 'point') return new PointLight(color, intensity, 0, 2);
    if (kind === 'spot') return new SpotLight(color, intensity, 0, angle ?? 0.5, 0.7, 2);
    const sun = new DirectionalLight(color, intensity);
    sun.castShadow = shadow ?? true;
    if (sun.castShadow) fitShadow(sun, this.scene.bounds, position, target ?? [0, 0, 0]);
    return sun;
  }
}

/**
 * Sees the whole room from the sun, no wider: every shadow texel is then as small as can be.
 *
 * @param {DirectionalLight} sun @param {any} bounds @param {number[]} position @param {number[]} target
 */
function fitShadow(sun, bounds, position, target) {
  const view = new Object3D();
  view.position.fromArray(position);
  view.lookAt(new Vector3().fromArray(target));
  view.rotateY(Math.PI); // a camera looks along -Z, an object along +Z
  view.updateMatrixWorld();
  const inverse = view.matrixWorld.clone().invert();
  const box = new Box3();
  for (let i = 0; i < 8; i++) {
    const corner = [0, 1, 2].map((axis) => (i & (1 << axis) ? bounds.max[axis] : bounds.min[axis]));
    box.expandByPoint(new Vector3().fromArray(corner).applyMatrix4(inverse));
  }
  const { camera } = sun.shadow;
  Object.assign(camera, { left: box.min.x, right: box.max.x, top: box.max.y, bottom: box.min.y });
  camera.near = Math.max(0.1, -box.max.z - 2);
  camera.far = -box.min.z + 2;
  sun.shadow.mapSize.set(2048, 2048);
  sun.shadow.bias = -0.0004;
  sun.shadow.normalBias = 0.03;
  sun.shadow.radius = 5;
}

/** @template {Object3D} T @param {T} object @param {{position: number[], rotation?: number[]}} at @returns {T} */
export function place(object, at) {
  object.position.fromArray(at.position);
  if (at.rotation) object.quaternion.fromArray(at.rotation);
  return object;
}

/** @param {number | number[]} scale */
function toThree(scale) {
  return typeof scale === 'number' ? [scale, scale, scale] : scale;
}

/** A better file that does not come leaves the preview standing; the room stays usable. */
export function keepPreview(/** @type {unknown} */ error) {
  console.warn('A sharper file could not be loaded, its preview stays.', error);
}
