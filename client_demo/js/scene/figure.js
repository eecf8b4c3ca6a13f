// How a person looks in the room: a soft floating body in their colour, a cap, two kind eyes.

import {
  CapsuleGeometry,
  CircleGeometry,
  Color,
  Group,
  LatheGeometry,
  Mesh,
  MeshBasicMaterial,
  MeshPhysicalMaterial,
  MeshStandardMaterial,
  SphereGeometry,
  SplineCurve,
  TorusGeometry,
  Vector2,
} from 'three';

const SHADOW = 0.022; // metres above the floor: on top of a rug, too
const BODY = 0.74; // metres from the lower end of the body to the neck, unstretched
const NECK = 0.14; // metres from the middle of the head down to the body
const FLOAT = 0.14; // metres between the body and the floor

/** Silhouette of a body that floats: radius and height, metres from its lower end. */
const OUTLINE = [
  [0.0, 0.0],
  [0.05, 0.006],
  [0.1, 0.03],
  [0.145, 0.085],
  [0.178, 0.16],
  [0.2, 0.25],
  [0.208, 0.34],
  [0.204, 0.43],
  [0.19, 0.52],
  [0.168, 0.6],
  [0.136, 0.67],
  [0.09, 0.72],
  [0.0, 0.74],
];

const SKIN = '#f4e9dc';
const INK = '#2a231d';

// One set of shapes for everybody: a person costs two materials and a few meshes.
const bodyShape = new LatheGeometry(
  new SplineCurve(OUTLINE.map(([r, y]) => new Vector2(r, y))).getPoints(48),
  40,
);
const headShape = new SphereGeometry(0.15, 40, 28).scale(1, 1.02, 0.97);
const eyeShape = new SphereGeometry(0.02, 16, 12).scale(0.82, 1.3, 0.5);
const glintShape = new SphereGeometry(0.0055, 8, 6);
const cheekShape = new CircleGeometry(0.022, 20);
// A knitted cap: the upper part of a slightly larger head, and its rolled brim.
const capShape = new SphereGeometry(0.158, 40, 20, 0, Math.PI * 2, 0, Math.PI * 0.4).scale(
  1,
  1.04,
  0.98,
);
const brimShape = new TorusGeometry(0.149, 0.017, 12, 44)
  .rotateX(Math.PI / 2)
  .translate(0, 0.05, 0);
const collarShape = new TorusGeometry(0.094, 0.03, 14, 36).rotateX(Math.PI / 2);
const handShape = new CapsuleGeometry(0.036, 0.045, 6, 16).rotateX(Math.PI / 2);
const shadowShape = new CircleGeometry(0.34, 32).rotateX(-Math.PI / 2);

const skin = new MeshStandardMaterial({ color: SKIN, roughness: 0.62 });
const ink = new MeshStandardMaterial({ color: INK, roughness: 0.18 });
const glint = new MeshBasicMaterial({ color: '#ffffff' });
const blush = new MeshBasicMaterial({
  color: '#e08f78',
  transparent: true,
  opacity: 0.38,
  depthWrite: false,
});

/** @type {MeshBasicMaterial | undefined} */
let shade;

/**
 * @typedef {object} Figure
 * @property {Group} root at the room's origin @property {Group} head @property {Group} body
 * @property {Mesh} collar
 * @property {Mesh} left @property {Mesh} right @property {Mesh} shadow
 */

/** @param {string} color #rrggbb @param {import('three').Texture} softness of the blob shadow @returns {Figure} */
export function makeFigure(color, softness) {
  shade ??= new MeshBasicMaterial({
    map: softness,
    color: '#1d140c',
    transparent: true,
    opacity: 0.4,
    depthWrite: false,
  });
  const cloth = clothOf(color);
  const trim = trimOf(color);
  const head = makeHead(cloth, trim);
  const body = new Group();
  body.add(new Mesh(bodyShape, cloth));
  const collar = new Mesh(collarShape, trim);
  collar.position.y = 0.7;
  body.add(collar);
  const left = new Mesh(handShape, skin);
  const right = new Mesh(handShape, skin);
  left.visible = false;
  right.visible = false;
  const shadow = new Mesh(shadowShape, shade);
  const root = new Group();
  root.add(shadow, body, head, left, right);
  return { root, head, body, collar, left, right, shadow };
}

/**
 * Tall or small, standing or crouched: the body reaches from the head down to just above the floor.
 *
 * @param {Figure} figure @param {number} x @param {number} y of the head, metres @param {number} z
 */
export function standUp({ body, collar, shadow }, x, y, z) {
  const tall = Math.min(1.75, Math.max(0.4, (y - NECK - FLOAT) / BODY));
  body.scale.y = tall;
  collar.scale.y = 1 / tall;
  body.position.set(x, y - NECK - BODY * tall, z);
  shadow.position.set(x, SHADOW, z);
}

/** @param {MeshPhysicalMaterial} cloth @param {MeshStandardMaterial} trim */
function makeHead(cloth, trim) {
  const group = new Group();
  const cap = new Group();
  cap.add(new Mesh(capShape, cloth), new Mesh(brimShape, trim));
  cap.rotation.x = 0.3; // worn at the back of the head
  for (const side of [-1, 1]) {
    const eye = new Mesh(eyeShape, ink);
    eye.position.set(side * 0.052, -0.012, -0.136);
    const spark = new Mesh(glintShape, glint);
    spark.position.set(side * 0.052 + 0.006, 0, -0.146);
    group.add(eye, spark);
    const cheek = new Mesh(cheekShape, blush);
    cheek.position.set(side * 0.083, -0.055, -0.117);
    cheek.lookAt(side * 0.22, -0.14, -0.36);
    group.add(cheek);
  }
  group.add(new Mesh(headShape, skin), cap);
  return group;
}

/** @param {string} color */
function clothOf(color) {
  return new MeshPhysicalMaterial({
    color,
    roughness: 0.85,
    sheen: 0.5,
    sheenRoughness: 0.5,
    sheenColor: new Color(color).lerp(new Color('#ffffff'), 0.5),
  });
}

/** @param {string} color */
function trimOf(color) {
  return new MeshStandardMaterial({ color: new Color(color).multiplyScalar(0.62), roughness: 0.9 });
}

/** @param {Figure} figure */
export function disposeFigure(figure) {
  figure.root.removeFromParent();
  figure.body.traverse((node) => {
    const mesh = /** @type {Mesh} */ (node);
    if (mesh.isMesh) /** @type {import('three').Material} */ (mesh.material).dispose();
  });
}
