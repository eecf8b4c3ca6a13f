// KHR_materials_variants: one model in several finishes.

/** @typedef {import('./models.js').GLTF} GLTF */
/** @typedef {import('three').Mesh} Mesh */

const EXTENSION = 'KHR_materials_variants';

/** @type {WeakMap<Mesh, import('three').Material | import('three').Material[]>} */
const originals = new WeakMap();

/**
 * Puts a finish on a copy of a model.
 *
 * @param {import('three').Object3D} root a clone of gltf.scene
 * @param {GLTF} gltf where the clone came from
 * @param {string | null} name as in the glTF; null or an unknown one is the model's own look
 */
export async function applyVariant(root, gltf, name) {
  const names = gltf.userData.gltfExtensions?.[EXTENSION]?.variants ?? [];
  const wanted = names.findIndex((/** @type {{name: string}} */ variant) => variant.name === name);
  /** @type {Promise<void>[]} */
  const changes = [];
  root.traverse((node) => {
    const mesh = /** @type {Mesh} */ (node);
    if (mesh.isMesh) changes.push(dress(mesh, gltf, wanted));
  });
  await Promise.all(changes);
}

/** @param {Mesh} mesh @param {GLTF} gltf @param {number} wanted index of the variant, or -1 */
async function dress(mesh, gltf, wanted) {
  if (!originals.has(mesh)) originals.set(mesh, mesh.material);
  const own = /** @type {any} */ (originals.get(mesh));
  const mappings = mesh.userData.gltfExtensions?.[EXTENSION]?.mappings ?? [];
  const mapping = mappings.find((/** @type {{variants: number[]}} */ m) =>
    m.variants.includes(wanted),
  );
  if (!mapping) {
    mesh.material = own;
    return;
  }
  const before = mesh.material;
  mesh.material = await gltf.parser.getDependency('material', mapping.material);
  gltf.parser.assignFinalMaterial(mesh); // vertex colours, tangents and flat shading
  if (!mesh.material) mesh.material = before;
}
