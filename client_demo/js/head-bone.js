// Where the head of a model hangs, whatever tool made it.

const NAMES = [/^head$/i, /^j_bip_c_head$/i, /(^|[:_. -])head$/i, /^head([:_. -]|$)/i];

/**
 * What a VRM maps as the head, else what is called so.
 *
 * @param {{nodes?: {name?: string}[], extensions?: any}} gltf the file's JSON
 * @returns {string | null} a node's name
 */
export function headName(gltf) {
  const nodes = gltf.nodes ?? [];
  const names = nodes.map(({ name }) => name ?? '');
  const bones = gltf.extensions?.VRMC_vrm?.humanoid?.humanBones ?? {};
  const old = gltf.extensions?.VRM?.humanoid?.humanBones ?? [];
  const mapped =
    bones.head?.node ?? old.find?.((/** @type {any} */ { bone }) => bone === 'head')?.node;
  // The pipeline adds and drops nodes: a number counts only where the name agrees with it.
  const called = names[mapped];
  if (called && /head/i.test(called)) return called;
  for (const form of NAMES) {
    const found = names.find((name) => form.test(name));
    if (found) return found;
  }
  return null;
}
