// Which figure an avatar gets: a built-in one at once, a model of the house as soon as it is there.

import { chooseFiles, posterOf } from '../files.js';
import { OUTLINES } from '../outlines.js';
import { figurePicture } from '../ui/figure-picture.js';
import { makeFigure } from './figure.js';
import { wear } from './worn-model.js';

/** @typedef {import('../world.js').Avatar} Avatar */
/** @typedef {import('../ui/looks-panel.js').FigureChoice} FigureChoice */
/** @typedef {import('./models.js').GLTF} GLTF */

export class Figures {
  /** @type {Promise<FigureChoice[]> | null} */ #list = null;
  /** @type {Map<string, FigureChoice>} */ #known = new Map();
  /** @type {Map<string, GLTF | null>} by figure; null while it is on its way, or cannot be had */ #models =
    new Map();

  /**
   * @param {import('./models.js').Models} models @param {import('../api.js').Api} api
   * @param {() => Iterable<Avatar>} present @param {(avatar: string) => void} remake
   */
  constructor(models, api, present, remake) {
    this.models = models;
    this.api = api;
    this.present = present;
    this.remake = remake;
  }

  /** @returns {Promise<FigureChoice[]>} those that one may wear; built-in ones without the server, too */
  async choices() {
    try {
      this.#list = this.api.call('/api/avatars').then(({ items }) => items);
      const found = await this.#list;
      for (const one of found) this.#known.set(one.id, one);
      return found;
    } catch {
      return Object.keys(OUTLINES).map((id) => ({ id, name: {}, asset: null, files: [] }));
    }
  }

  /** @param {Avatar} avatar @param {import('three').Texture} softness @returns {import('./figure.js').Figure} */
  make(avatar, softness) {
    const figure = avatar.figure ?? 'round';
    const plain = makeFigure(avatar.color ?? '#8a6f5a', softness, figure);
    if (figure in OUTLINES) return plain;
    const model = this.#models.get(figure);
    if (model) return wear(model, plain);
    if (model === undefined) this.#fetch(figure);
    return plain;
  }

  /** For choosing. @param {string} figure @param {string} color @returns {Element} */
  picture(figure, color) {
    const choice = this.#known.get(figure);
    const poster = choice && posterOf(/** @type {any} */ (choice), null);
    if (!poster) return figurePicture(figure, color);
    const image = document.createElement('img');
    image.src = poster.src;
    image.alt = '';
    return image;
  }

  /** @param {string} figure */
  async #fetch(figure) {
    this.#models.set(figure, null);
    await (this.#list ?? this.choices());
    if (!this.#known.has(figure)) await this.choices(); // it may be new
    // The headset's file for everybody: up to a whole room of people are drawn.
    const file = chooseFiles(this.#known.get(figure)?.files ?? [], 'headset').at(-1);
    if (!file) return;
    try {
      this.#models.set(figure, await this.models.load(file.url));
    } catch {
      this.#models.delete(figure); // the next one who wears it tries again
      return;
    }
    for (const avatar of this.present()) if (avatar.figure === figure) this.remake(avatar.id);
  }
}
