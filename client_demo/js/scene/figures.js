// Which figure an avatar gets: a built-in one at once, a model of the house as soon as it is there.

import { OUTLINES } from '../outlines.js';
import { figurePicture } from '../ui/figure-picture.js';
import { makeFigure } from './figure.js';

/** @typedef {import('../world.js').Avatar} Avatar */
/** @typedef {import('../ui/looks-panel.js').FigureChoice} FigureChoice */

export class Figures {
  /** @type {Promise<FigureChoice[]> | null} */ #list = null;

  /**
   * @param {import('./models.js').Models} models @param {import('../api.js').Api} api
   * @param {(avatar: string) => void} remake once a model has arrived
   */
  constructor(models, api, remake) {
    this.models = models;
    this.api = api;
    this.remake = remake;
  }

  /** @returns {Promise<FigureChoice[]>} those that one may wear; built-in ones without the server, too */
  choices() {
    this.#list ??= this.api.call('/api/avatars').then(({ items }) => items);
    return this.#list.catch(() => {
      this.#list = null;
      return Object.keys(OUTLINES).map((id) => ({ id, name: {}, asset: null, files: [] }));
    });
  }

  /** @param {Avatar} avatar @param {import('three').Texture} softness @returns {import('./figure.js').Figure} */
  make(avatar, softness) {
    return makeFigure(avatar.color ?? '#8a6f5a', softness, avatar.figure);
  }

  /** For choosing. @param {string} figure @param {string} color @returns {HTMLElement} */
  picture(figure, color) {
    return /** @type {any} */ (figurePicture(figure, color));
  }
}
