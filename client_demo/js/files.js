// Which of a model's files a device should load, and in which order.

/**
 * @typedef {object} File
 * @property {string} profile @property {number} lod @property {string} name
 * @property {string} url @property {number} bytes
 */

const WISHES = {
  screen: ['web', 'universal', 'headset', 'preview'],
  headset: ['headset', 'web', 'universal', 'preview'],
};

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
