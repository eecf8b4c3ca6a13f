// Which of a model's files a device should load, and in which order.

/**
 * @typedef {object} File
 * @property {string} profile @property {number} lod 0 the finest @property {string} name
 * @property {string} url @property {number} bytes
 * @property {string} [variant] the one finish that it shows
 * @property {number} [width] @property {number} [height] pixels of a picture
 * @property {number} [screen_size] share of the view's height below which a level serves
 */
/** @typedef {{src: string, width: number | undefined, height: number | undefined}} Picture */

const WISHES = {
  screen: ['web', 'universal', 'headset', 'preview'],
  headset: ['headset', 'web', 'universal', 'preview'],
};
const STAY = 0.15; // how far beyond a level's border one has to be: no flicker at the border

/**
 * First the file that is there soonest, then the one to keep; one file when there is only one.
 *
 * @param {readonly File[]} files
 * @param {'screen' | 'headset'} device
 * @returns {File[]} at most two, none when nothing fits
 */
export function chooseFiles(files, device) {
  const models = files.filter((file) => (file.lod ?? 0) === 0 && file.name.endsWith('.glb'));
  const best = WISHES[device]
    .map((profile) => models.find((file) => file.profile === profile))
    .find((file) => file !== undefined);
  if (!best) return [];
  const first = models.find((file) => file.profile === 'preview');
  return first && first !== best && first.bytes < best.bytes ? [first, best] : [best];
}

/**
 * The file to keep and what may stand in for it from afar, the finest first.
 *
 * @param {readonly File[]} files
 * @param {'screen' | 'headset'} device
 * @returns {File[]} none when nothing fits
 */
export function chooseLevels(files, device) {
  const best = chooseFiles(files, device).at(-1);
  if (!best) return [];
  const coarser = files.filter(
    (file) => file.profile === best.profile && file.lod > 0 && (file.screen_size ?? 0) > 0,
  );
  return [best, ...coarser.sort((a, b) => a.lod - b.lod)];
}

/**
 * @param {readonly File[]} levels the finest first @param {number} share of the view's height
 * @param {number} now index of the level that is shown, -1 for none
 * @returns {number} index of the level to show
 */
export function chooseLevel(levels, share, now) {
  let chosen = 0;
  for (let i = 1; i < levels.length; i++) {
    const border = levels[i].screen_size ?? 0;
    const kept = now < 0 ? border : border * (i <= now ? 1 + STAY : 1 - STAY);
    if (share < kept) chosen = i;
  }
  return chosen;
}

/**
 * A cut-out picture of a product, for pages: in its finish, or as the model comes.
 *
 * @param {readonly File[]} files @param {string | null} variant as in the glTF
 * @returns {File | null}
 */
export function choosePoster(files, variant) {
  const posters = files.filter(
    (file) =>
      file.profile === 'poster' && file.name.endsWith('.webp') && !file.name.includes('.studio'),
  );
  return ofVariant(posters, variant);
}

/**
 * What Quick Look opens.
 *
 * @param {readonly File[]} files @param {string | null} variant as in the glTF
 * @returns {File | null}
 */
export function choosePackage(files, variant) {
  return ofVariant(
    files.filter((file) => file.name.endsWith('.usdz')),
    variant,
  );
}

/**
 * @param {any} product with its files @param {string | null} variant id of the finish
 * @returns {Picture | null}
 */
export function posterOf(product, variant) {
  const file = choosePoster(product?.files ?? [], materialVariant(product, variant));
  return file && { src: file.url, width: file.width, height: file.height };
}

/** @param {readonly File[]} files @param {string | null} variant */
function ofVariant(files, variant) {
  const exact = variant ? files.find((file) => file.variant === variant) : undefined;
  return exact ?? files.find((file) => !file.variant) ?? files[0] ?? null;
}

/** @param {any} product @param {string | null} id of a finish @returns {string | null} its name in the glTF */
export function materialVariant(product, id) {
  const chosen = product?.variants?.find((/** @type {any} */ one) => one.id === id);
  return chosen?.material_variant ?? null;
}
