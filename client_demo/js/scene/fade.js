// Something half there: materials are shared, so what fades wears copies of them.

/**
 * @param {import('three').Object3D} root @param {number} share 0…1 of its own opacity; 1 gives the
 *   materials back that it had
 */
export function fade(root, share) {
  root.traverse((node) => {
    const { userData } = node;
    const one = /** @type {any} */ (node);
    if (!one.material) return;
    if (share < 1 && !userData.solid) {
      userData.solid = one.material;
      one.material = one.material.clone();
      one.material.transparent = true;
    }
    if (!userData.solid) return;
    one.material.opacity = userData.solid.opacity * share;
    if (share < 1) return;
    one.material.dispose();
    one.material = userData.solid;
    delete userData.solid;
  });
}
