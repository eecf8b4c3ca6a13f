// Models from the server: loaded once per address, handed out as copies that share their data.

import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js';
import { DRACOLoader } from 'three/addons/loaders/DRACOLoader.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { Textures } from './textures.js';

/** @typedef {import('three/addons/loaders/GLTFLoader.js').GLTF} GLTF */

const DECODERS = '/npm/three/examples/jsm/libs'; // loaded when a file first needs them
const AT_ONCE = 4; // more in parallel only makes the first one later

export class Models {
  #loader = new GLTFLoader();
  /** @type {Map<string, Promise<GLTF>>} */ #loaded = new Map();
  /** @type {(() => void)[]} */ #waiting = [];
  #running = 0;

  /** @param {import('three').WebGLRenderer} renderer decides which textures a GPU can read */
  constructor(renderer) {
    const textures = new Textures().setTranscoderPath(`${DECODERS}/basis/`);
    this.#loader.setMeshoptDecoder(MeshoptDecoder);
    this.#loader.setDRACOLoader(new DRACOLoader().setDecoderPath(`${DECODERS}/draco/gltf/`));
    this.#loader.setKTX2Loader(textures.detectSupport(renderer));
  }

  /**
   * @param {string} url
   * @returns {Promise<GLTF>} rejects when the file is missing or broken; a later call tries again
   */
  load(url) {
    let loading = this.#loaded.get(url);
    if (!loading) {
      loading = this.#turn(() => this.#loader.loadAsync(url));
      this.#loaded.set(url, loading);
      loading.catch(() => this.#loaded.delete(url));
    }
    return loading;
  }

  /** @param {() => Promise<GLTF>} job @returns {Promise<GLTF>} */
  async #turn(job) {
    if (this.#running >= AT_ONCE) await new Promise((go) => this.#waiting.push(() => go(null)));
    this.#running++;
    try {
      return await job();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
