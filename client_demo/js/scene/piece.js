// One piece on display: what it is, where it is drawn, and what people may do with it.

import { Box3, BoxGeometry, Group, Mesh, MeshBasicMaterial, Quaternion, Vector3 } from 'three';
import { place } from './showroom.js';

/** @typedef {import('../world.js').Thing} Thing */
/** @typedef {import('./models.js').GLTF} GLTF */
/** @typedef {{id: string, position: number[], text: Record<string, string>}} Hotspot */
/**
 * @typedef {object} Piece
 * @property {Thing} thing @property {any} product @property {Group} group
 * @property {Mesh} target an invisible box that a ray can hit @property {Box3} box local
 * @property {import('three').Object3D | null} model @property {GLTF | null} gltf
 * @property {string | null} shown the finish it wears
 * @property {import('../files.js').File[]} levels of detail, the finest first
 * @property {number} level which of them it shows or will; -1 for none yet
 * @property {import('three').Sprite | null} tag
 * @property {{position: number[], rotation: number[]}} home
 * @property {{scale: [number, number], reach: number | null, turn: string}} limits
 * @property {boolean} snap goes home whenever it is let go @property {Hotspot[]} hotspots
 * @property {Vector3} goal @property {Quaternion} goalTurn @property {number} goalScale
 */

/** @param {Thing} thing @param {any} product @param {any} display of the scene @returns {Piece} */
export function makePiece(thing, product, display) {
  const size = product?.dimensions ?? { width: 0.3, height: 0.3, depth: 0.3 };
  const half = new Vector3(size.width / 2, size.height, size.depth / 2);
  const target = new Mesh(new BoxGeometry(1, 1, 1), new MeshBasicMaterial({ visible: false }));
  target.name = thing.id;
  target.userData.grab = display.grab ?? true;
  return {
    thing,
    product,
    group: place(new Group(), thing),
    target,
    box: new Box3(new Vector3(-half.x, 0, -half.z), half),
    model: null,
    gltf: null,
    shown: null,
    levels: [],
    level: -1,
    tag: null,
    home: { position: thing.position, rotation: thing.rotation },
    limits: limitsOf(display),
    snap: display.snap ?? false,
    hotspots: display.hotspots ?? [],
    goal: new Vector3().fromArray(thing.position),
    goalTurn: new Quaternion().fromArray(thing.rotation),
    goalScale: 1,
  };
}

/** @param {any} display of the scene @param {any} product @returns {Thing} before anybody has met */
export function thingOf(display, product) {
  return {
    id: display.id,
    sku: display.sku,
    position: display.position,
    rotation: display.rotation ?? [0, 0, 0, 1],
    variant: display.variant ?? product?.variants?.[0]?.id ?? null,
    held_by: null,
  };
}

/** What people may do with a piece; as the room reads it. @param {any} display of the scene */
function limitsOf({ limits, grab }) {
  const {
    scale = [0.5, 2],
    reach = null,
    turn = limits || (grab ?? true) ? 'free' : 'none',
  } = {
    ...limits,
  };
  return { scale, reach, turn };
}

/** @param {Piece} piece @returns {boolean} it is drawn where it should be */
export function arrived(piece) {
  const { group, goal, goalTurn, goalScale } = piece;
  return (
    group.position.distanceToSquared(goal) < 1e-7 &&
    Math.abs(group.scale.x - goalScale) < 1e-4 &&
    Math.abs(group.quaternion.dot(goalTurn)) > 0.999999
  );
}

/** @param {Piece} piece @param {number} share of the way that is left, 0 to 1 */
export function approach({ group, goal, goalTurn, goalScale }, share) {
  group.position.lerp(goal, share);
  group.quaternion.slerp(goalTurn, share);
  group.scale.setScalar(group.scale.x + (goalScale - group.scale.x) * share);
}
