// Where a piece is brought when somebody wants it before them.

import { Quaternion, Vector3 } from 'three';

const TALL = 0.55; // metres: taller ones stand on the floor
const BELOW_EYES = 0.42; // metres: where one looks at what one is shown
const THREE_QUARTERS = -0.5; // radians: pieces look best a little from the side

/**
 * @param {import('./stage.js').Stage} stage @param {import('./showroom.js').Showroom} room
 * @param {import('./products.js').Piece} piece
 * @returns {{position: number[], rotation: number[]}}
 */
export function before(stage, room, { box, group }) {
  const { xr } = stage.renderer;
  const camera = xr.isPresenting ? xr.getCamera() : stage.camera;
  const eye = new Vector3().setFromMatrixPosition(camera.matrixWorld);
  const ahead = new Vector3().setFromMatrixColumn(camera.matrixWorld, 2).negate().setY(0);
  ahead.normalize();
  const size = box.getSize(new Vector3()).multiplyScalar(group.scale.x);
  const tall = size.y > TALL;
  const distance = (tall ? 1.5 : 0.75) + Math.max(size.x, size.z) / 2;
  const at = eye.clone().addScaledVector(ahead, distance);
  const { min, max } = room.scene.bounds;
  at.x = Math.min(max[0] - 0.2, Math.max(min[0] + 0.2, at.x));
  at.z = Math.min(max[2] - 0.2, Math.max(min[2] + 0.2, at.z));
  const ground = room.restingHeight(at);
  at.y = tall ? ground : Math.max(ground, eye.y - BELOW_EYES - size.y / 2);
  const yaw = Math.atan2(eye.x - at.x, eye.z - at.z) + THREE_QUARTERS;
  const rotation = new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), yaw);
  return { position: at.toArray(), rotation: rotation.toArray() };
}
