// A product in one's own room: what a phone needs to be told to show it there.

import { choosePackage, materialVariant } from './files.js';

/** @typedef {import('./files.js').File} File */
/** @typedef {{kind: 'quick-look' | 'scene-viewer' | null}} Phone */

const SCENE_VIEWER = 'com.google.android.googlequicksearchbox';

/**
 * @param {{userAgent: string}} navigator
 * @param {(feature: string) => boolean} supports whether links can be of a kind
 * @returns {Phone['kind']}
 */
export function viewerOf({ userAgent }, supports) {
  if (supports('ar')) return 'quick-look';
  return /android/i.test(userAgent) ? 'scene-viewer' : null;
}

/**
 * Where a link has to lead. Both viewers show the product at its real size, and only there.
 *
 * @param {any} product with its files @param {string | null} variant id of the finish
 * @param {Phone['kind']} viewer @param {string} title @param {string} page address of this page
 * @returns {string | null} null when the phone or the product cannot
 */
export function roomLink(product, variant, viewer, title, page) {
  /** @type {File[]} */
  const files = product?.files ?? [];
  if (viewer === 'quick-look') {
    const file = choosePackage(files, materialVariant(product, variant));
    return file && `${file.url}#allowsContentScaling=0`;
  }
  const file = files.find((one) => one.profile === 'universal' && one.name.endsWith('.glb'));
  return viewer === 'scene-viewer' && file ? intent(new URL(file.url, page), title, page) : null;
}

/**
 * Source: Google's Scene Viewer, explicit intents.
 *
 * @param {URL} file @param {string} title @param {string} page where to stay without the viewer
 */
function intent(file, title, page) {
  const facts = new URLSearchParams({
    file: file.href,
    mode: 'ar_preferred',
    resizable: 'false',
    title,
  });
  const back = encodeURIComponent(page);
  return (
    `intent://arvr.google.com/scene-viewer/1.2?${facts}#Intent;scheme=https;` +
    `package=${SCENE_VIEWER};action=android.intent.action.VIEW;` +
    `S.browser_fallback_url=${back};end;`
  );
}
