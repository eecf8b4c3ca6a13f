// How rich the surfaces are: as the models say where there is a GPU, plain where there is none.

import { HemisphereLight, MeshLambertMaterial } from 'three';

/** @typedef {import('three').Mesh} Mesh */

/**
 * Without a GPU every pixel is computed by the CPU: 4.4 s a frame with physical surfaces, lamps and
 * glass at 640×400 on two busy cores (SwiftShader); a matte surface under sun and sky is walkable.
 */
export class Surfaces {
  plain = false;
  #sky = new HemisphereLight('#fffaf3', '#dccbb3', 2.4);
  /** @type {WeakMap<import('three').Material, MeshLambertMaterial>} */ #plains = new WeakMap();

  /** @returns {boolean} whether pixels are computed by the CPU; false where WebGL 2 is missing */
  static isSoftware() {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl?.getExtension('WEBGL_debug_renderer_info');
    const name = info ? String(gl?.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
    gl?.getExtension('WEBGL_lose_context')?.loseContext();
    return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
  }

  /**
   * A mesh tree as this machine can show it, with shadows where they belong.
   *
   * @param {import('three').Object3D} root
   */
  dress(root) {
    root.traverse((node) => {
      const mesh = /** @type {Mesh} */ (node);
      if (!mesh.isMesh) return;
      const material = /** @type {any} */ (mesh.material);
      mesh.castShadow = !(material.transmission > 0) && !material.transparent;
      mesh.receiveShadow = true;
      if (this.plain && material.isMeshStandardMaterial) mesh.material = this.#plainOf(material);
    });
  }

  /** From now on plain, and so is everything there. @param {import('three').Scene} scene */
  simplify(scene) {
    if (this.plain) return;
    this.plain = true;
    scene.environment = null;
    scene.add(this.#sky);
    scene.traverse((node) => {
      const light = /** @type {any} */ (node);
      if (light.isSpotLight || light.isPointLight) light.visible = false;
      if (light.isHemisphereLight) light.visible = light === this.#sky;
      const mesh = /** @type {any} */ (node);
      if (mesh.isMesh && mesh.material.isMeshStandardMaterial) {
        mesh.material = this.#plainOf(mesh.material);
      }
    });
  }

  /** @param {any} rich */
  #plainOf(rich) {
    let plain = this.#plains.get(rich);
    if (!plain) {
      const glass = rich.transmission > 0.2;
      plain = new MeshLambertMaterial({
        name: rich.name,
        color: rich.color,
        map: rich.map,
        emissive: rich.emissive,
        emissiveMap: rich.emissiveMap,
        emissiveIntensity: rich.emissiveIntensity,
        vertexColors: rich.vertexColors,
        alphaTest: rich.alphaTest,
        side: rich.side,
        transparent: rich.transparent || glass,
        opacity: glass ? 0.38 : rich.opacity,
        depthWrite: glass ? false : rich.depthWrite,
      });
      this.#plains.set(rich, plain);
    }
    return plain;
  }
}
