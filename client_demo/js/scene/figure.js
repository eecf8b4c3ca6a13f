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
import { OUTLINES } from '../outlines.js';

const SHADOW = 0.022; // metres above the floor: on top of a rug, too
const BODY = 0.74; // metres from the lower end of the body to the neck, unstretched
const NECK = 0.14; // metres from the middle of the head down to the body
const FLOAT = 0.14; // metres between the body and the floor

const SKIN = '#f4e9dc';
const INK = '#2a231d';

// One set of shapes for everybody: a person costs two materials and a few meshes.
/** @type {Map<string, LatheGeometry>} by figure, as far as somebody wears it */
const bodies = new Map();
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
const bunShape = new SphereGeometry(0.07, 24, 18).scale(1, 0.92, 1);
const hairShape = new SphereGeometry(0.157, 40, 20, 0, Math.PI * 2, 0, Math.PI * 0.46);
const earShape = new SphereGeometry(0.05, 20, 14).scale(1, 1, 0.6);
const stemShape = new CapsuleGeometry(0.009, 0.07, 4, 10);
// Half a turn of a thin lens, pointed at both ends: a leaf.
const leafShape = new SphereGeometry(0.085, 24, 14).scale(0.5, 1, 0.16).translate(0, 0.085, 0);
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
/** @type {Set<import('three').Material>} everybody's */
const SHARED = new Set([skin, ink, glint, blush]);

/**
 * @typedef {object} Figure
 * @property {Group} root at the room's origin @property {Group} head @property {Group} body
 * @property {Mesh} collar
 * @property {Mesh} left @property {Mesh} right @property {Mesh} shadow
 * @property {() => void} [dispose] in its own way
 * @property {(x: number, y: number, z: number) => void} [stand] how a model stands under its head
 */

/**
 * @param {string} color #rrggbb @param {import('three').Texture} softness of the blob shadow
 * @param {string} [look] one of the built-in figures; another one is drawn round
 * @returns {Figure}
 */
export function makeFigure(color, softness, look = 'round') {
  shade ??= new MeshBasicMaterial({
    map: softness,
    color: '#1d140c',
    transparent: true,
    opacity: 0.4,
    depthWrite: false,
  });
  SHARED.add(shade);
  const cloth = clothOf(color);
  const trim = trimOf(color);
  const head = makeHead(cloth, trim, look);
  const body = new Group();
  body.add(new Mesh(bodyOf(look), cloth));
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
export function standUp({ body, collar, shadow, stand }, x, y, z) {
  shadow.position.set(x, SHADOW, z);
  if (stand) {
    stand(x, y, z);
    return;
  }
  const tall = Math.min(1.75, Math.max(0.4, (y - NECK - FLOAT) / BODY));
  body.scale.y = tall;
  collar.scale.y = 1 / tall;
  body.position.set(x, y - NECK - BODY * tall, z);
}

/** @param {string} look */
function bodyOf(look) {
  const outline = OUTLINES[look] ?? OUTLINES.round;
  const name = OUTLINES[look] ? look : 'round';
  let shape = bodies.get(name);
  if (!shape) {
    const curve = new SplineCurve(outline.map(([r, y]) => new Vector2(r, y)));
    shape = new LatheGeometry(curve.getPoints(48), 40);
    bodies.set(name, shape);
  }
  return shape;
}

/** @param {MeshPhysicalMaterial} cloth @param {MeshStandardMaterial} trim @param {string} look */
function makeHead(cloth, trim, look) {
  const group = new Group();
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
  group.add(new Mesh(headShape, skin), (HATS[look] ?? cap)(cloth, trim));
  return group;
}

/** @typedef {(cloth: MeshPhysicalMaterial, trim: MeshStandardMaterial) => Group} Hat */

/** @type {Hat} worn at the back of the head */
function cap(cloth, trim) {
  const hat = new Group();
  hat.add(new Mesh(capShape, cloth), new Mesh(brimShape, trim));
  hat.rotation.x = 0.3;
  return hat;
}

/** @type {Record<string, Hat>} */
const HATS = {
  tall: (_, trim) => {
    const hat = new Group();
    const bun = new Mesh(bunShape, trim);
    bun.position.set(0, 0.168, 0);
    hat.add(new Mesh(hairShape, trim), bun);
    hat.rotation.x = 0.42;
    return hat;
  },
  small: (cloth, trim) => {
    const hat = cap(cloth, trim);
    for (const side of [-1, 1]) {
      const ear = new Mesh(earShape, cloth);
      ear.position.set(side * 0.1, 0.145, 0);
      hat.add(ear);
    }
    return hat;
  },
  leaf: (cloth) => {
    const hat = new Group();
    const stem = new Mesh(stemShape, cloth);
    stem.position.y = 0.15;
    hat.add(stem);
    for (const side of [-1, 1]) {
      const leaf = new Mesh(leafShape, cloth);
      leaf.position.y = 0.165; // below the name
      leaf.rotation.set(0, side * 0.35, side * -1.2);
      hat.add(leaf);
    }
    return hat;
  },
  stone: (cloth) => {
    const hat = new Group();
    const hood = new Mesh(hairShape, cloth);
    hood.scale.setScalar(1.06);
    hat.add(hood);
    hat.rotation.x = 0.62;
    return hat;
  },
};

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
  if (figure.dispose) {
    figure.dispose(); // a model's materials are everybody's who wears it
    return;
  }
  const own = new Set();
  figure.root.traverse((node) => {
    const { isMesh, material } = /** @type {Mesh} */ (node);
    if (isMesh) for (const one of [material].flat()) if (!SHARED.has(one)) own.add(one);
  });
  for (const material of own) material.dispose();
}
