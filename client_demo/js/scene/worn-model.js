// A model of the house worn as a figure: as high as its wearer, with a head that looks where they do.

import { Box3, Group, Mesh, Quaternion } from 'three';
import { clone } from 'three/addons/utils/SkeletonUtils.js';
import { headName } from '../head-bone.js';

const CROWN = 0.12; // metres from the middle of a head to its top
const TURN = new Quaternion(0, 1, 0, 0); // models look to +Z, people to -Z

/** @typedef {import('./models.js').GLTF} GLTF */
/** @typedef {import('./figure.js').Figure} Figure */

/**
 * @param {GLTF} gltf @param {Figure} plain lends its shadow and hands
 * @returns {Figure}
 */
export function wear(gltf, plain) {
  const model = clone(gltf.scene);
  const box = new Box3().setFromObject(model);
  const height = Math.max(0.05, box.max.y - box.min.y);
  model.position.set(
    model.position.x - (box.min.x + box.max.x) / 2,
    model.position.y - box.min.y,
    model.position.z - (box.min.z + box.max.z) / 2,
  );
  const turned = new Group();
  turned.quaternion.copy(TURN);
  turned.add(model);
  const body = new Group();
  body.add(turned);
  const head = new Group(); // where the pose is; the model has a head of its own
  const root = new Group();
  root.add(plain.shadow, body, head, plain.left, plain.right);
  const look = lookWith(model, headName(gltf.parser.json), body, head);
  return {
    ...plain,
    root,
    head,
    body,
    collar: new Mesh(),
    stand: (x, y, z) => {
      body.position.set(x, 0, z);
      body.scale.setScalar((y + CROWN) / height);
      look();
    },
    dispose: () =>
      model.traverse((node) => {
        const { skeleton } = /** @type {any} */ (node);
        skeleton?.dispose();
      }),
  };
}

/**
 * @param {import('three').Object3D} model @param {string | null} name of the bone
 * @param {Group} body @param {Group} head @returns {() => void} turns it; allocates nothing
 */
function lookWith(model, name, body, head) {
  // three's loader writes names without what its animations cannot take.
  const plainName = name?.replace(/\s/g, '_').replace(/[[\].:/]/g, '');
  /** @type {import('three').Object3D | null} */ let bone = null;
  model.traverse((node) => {
    if (name && !bone && (node.name === plainName || node.userData.name === name)) bone = node;
  });
  if (!bone) return () => {};
  const found = /** @type {import('three').Object3D} */ (bone);
  model.updateMatrixWorld(true);
  const rest = found.getWorldQuaternion(new Quaternion());
  const parent = (found.parent ?? model).getWorldQuaternion(new Quaternion()).invert();
  const away = new Quaternion();
  return () => {
    // From the body's direction to the head's, in the model's own space, on top of how it rests.
    away.copy(body.quaternion).invert().multiply(head.quaternion);
    away.premultiply(TURN).multiply(TURN); // half a turn there and back; TURN⁻¹ is −TURN, the same
    found.quaternion.copy(parent).multiply(away).multiply(rest);
  };
}
