// KTX2 textures, transcoded in workers that may compile code while the page may not.

import { KTX2Loader } from 'three/addons/loaders/KTX2Loader.js';

const WORKER = '/js/scene/transcoder.js';

/**
 * The basis transcoder builds functions from text, which the page's policy forbids: it would open
 * the page to every injected script. So its workers get their code by message, in a file with a
 * policy of its own that allows this and no access to any network.
 */
export class Textures extends KTX2Loader {
  /** @type {Promise<void> | null} */ #ready = null;

  /** @override */
  init() {
    this.#ready ??= this.#prepare();
    return this.#ready;
  }

  async #prepare() {
    await super.init();
    const source = await (await fetch(this.workerSourceURL)).text();
    URL.revokeObjectURL(this.workerSourceURL);
    this.workerPool.setWorkerCreator(() => {
      const worker = new Worker(WORKER);
      const transcoderBinary = /** @type {ArrayBuffer} */ (this.transcoderBinary).slice(0);
      const init = { type: 'init', config: this.workerConfig, transcoderBinary };
      worker.postMessage(source);
      worker.postMessage(init, [transcoderBinary]);
      return worker;
    });
  }
}
