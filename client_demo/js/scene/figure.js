// How a person looks in the room: a soft body in their colour, a pale head with two kind eyes.

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
  TorusGeometry,
  Vector2,
} from 'three';

/** Silhouette from the hem to the neck: radius and height of a body one metre tall. */
const OUTLINE = [
  [0.0, 0.0],
  [0.15, 0.005],
  [0.205, 0.04],
  [0.222, 0.11],
  [0.222, 0.22],
  [0.213, 0.38],
  [0.2, 0.53],
  [0.188, 0.66],
  [0.178, 0.76],
  [0.162, 0.85],
  [0.128, 0.93],
  [0.08, 0.98],
  [0.0, 1.0],
];

const SKIN = '#f4e9dc';
const INK = '#2a231d';

// One set of shapes for everybody: a person costs two materials and a few meshes.
const bodyShape = new LatheGeometry(
  OUTLINE.map(([r, y]) => new Vector2(r, y)),
  40,
);
const headShape = new SphereGeometry(0.135, 40, 28).scale(1, 1.06, 0.98);
const eyeShape = new SphereGeometry(0.0165, 16, 12).scale(0.85, 1.25, 0.5);
const glintShape = new SphereGeometry(0.0045, 8, 6);
const cheekShape = new CircleGeometry(0.022, 20);
const hoodShape = new SphereGeometry(0.143, 40, 24, 0, Math.PI * 2, 0, Math.PI * 0.56).scale(
  1,
  1.06,
  0.98,
);
const collarShape = new TorusGeometry(0.098, 0.026, 14, 36).rotateX(Math.PI / 2);
const handShape = new CapsuleGeometry(0.036, 0.045, 6, 16).rotateX(Math.PI / 2);
const shadowShape = new CircleGeometry(0.36, 32).rotateX(-Math.PI / 2);

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
 * @property {Group} eyes @property {Mesh} left @property {Mesh} right @property {Mesh} shadow
 */

/** @param {string} color #rrggbb @param {import('three').Texture} softness of the blob shadow @returns {Figure} */
export function makeFigure(color, softness) {
  shade ??= new MeshBasicMaterial({
    map: softness,
    color: '#1d140c',
    transparent: true,
    opacity: 0.42,
    depthWrite: false,
  });
  const cloth = clothOf(color);
  const head = makeHead(cloth);
  const body = new Group();
  body.add(new Mesh(bodyShape, cloth));
  const collar = new Mesh(collarShape, trimOf(color));
  collar.position.y = 0.945;
  body.add(collar);
  const left = new Mesh(handShape, skin);
  const right = new Mesh(handShape, skin);
  left.visible = false;
  right.visible = false;
  const shadow = new Mesh(shadowShape, shade);
  shadow.position.y = 0.008;
  const root = new Group();
  root.add(shadow, body, head.group, left, right);
  return { root, head: head.group, eyes: head.eyes, body, left, right, shadow };
}

/** @param {MeshPhysicalMaterial} cloth */
function makeHead(cloth) {
  const group = new Group();
  group.rotation.order = 'YXZ';
  const hood = new Mesh(hoodShape, cloth);
  hood.rotation.x = 0.62; // a cap worn at the back of the head
  const eyes = new Group();
  for (const side of [-1, 1]) {
    const eye = new Mesh(eyeShape, ink);
    eye.position.set(side * 0.048, 0.006, -0.1255);
    const spark = new Mesh(glintShape, glint);
    spark.position.set(side * 0.048 + 0.005, 0.016, -0.1335);
    eyes.add(eye, spark);
    const cheek = new Mesh(cheekShape, blush);
    cheek.position.set(side * 0.073, -0.036, -0.1165);
    cheek.lookAt(side * 0.16, -0.075, -0.4);
    group.add(cheek);
  }
  group.add(new Mesh(headShape, skin), hood, eyes);
  return { group, eyes };
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
