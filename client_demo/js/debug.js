// `window.vitrine`: what the room looks like from here, to read only. For tests and the curious.

import { Vector3 } from 'three';

/**
 * @param {object} parts
 * @param {import('./scene/stage.js').Stage} parts.stage @param {import('./world.js').World} parts.world
 * @param {import('./scene/avatars.js').Avatars} parts.avatars
 * @param {import('./scene/products.js').Products} parts.products
 * @param {import('./scene/presence.js').Presence} parts.presence
 * @param {import('./scene/controls.js').Controls} parts.controls
 * @param {import('./visit.js').Visit} parts.visit
 * @returns {{ready: boolean, extend: (name: string, get: () => unknown) => void}}
 */
export function exposeForTests({ stage, world, avatars, products, presence, controls, visit }) {
  const own = {
    ready: false,
    /** One thing more to read. @param {string} name @param {() => unknown} get */
    extend: (name, get) => {
      Object.defineProperty(view, name, { get, enumerable: true });
    },
  };
  const view = {
    /** All models stand, as previews at least. */
    get ready() {
      return own.ready;
    },
    /** Inside the room. */
    get joined() {
      return world.me !== null && controls.enabled;
    },
    get me() {
      return world.me;
    },
    get rev() {
      return world.rev;
    },
    /** By own will, or after somebody. */
    get walking() {
      return controls.walking;
    },
    get frames() {
      return stage.frames;
    },
    /** @returns {object[]} the others, with the place they are drawn at; null before their first pose */
    get avatars() {
      return [...avatars.people.values()].map(({ avatar, figure, shown, bubble }) => ({
        ...avatar,
        position: shown ? figure.head.position.toArray() : null,
        hands: [figure.left.visible, figure.right.visible],
        speaking: bubble !== null,
      }));
    },
    /** @returns {object[]} what is on display, as drawn */
    get objects() {
      return [...products.pieces].map(([id, { thing, group, shown, model }]) => ({
        id,
        sku: thing.sku,
        variant: thing.variant,
        shown,
        loaded: model !== null,
        held_by: thing.held_by,
        position: group.position.toArray(),
      }));
    },
    /** The own head, as last sent. */
    get pose() {
      return {
        position: [...presence.pose.head],
        rotation: [...presence.pose.turn],
        flags: presence.pose.flags,
      };
    },
    get cart() {
      return visit.lines.map((line) => ({ ...line }));
    },
    get orders() {
      return structuredClone([...visit.orders.values()]);
    },
    /**
     * Where a piece is on the page.
     *
     * @param {string} id @returns {{x: number, y: number, visible: boolean} | null} CSS pixels
     */
    project(id) {
      const at = products.middle(id, new Vector3());
      if (!at) return null;
      stage.camera.updateWorldMatrix(true, false);
      at.project(stage.camera);
      const box = stage.canvas.getBoundingClientRect();
      return {
        x: box.left + ((at.x + 1) / 2) * box.width,
        y: box.top + ((1 - at.y) / 2) * box.height,
        visible: Math.abs(at.x) < 1 && Math.abs(at.y) < 1 && at.z < 1,
      };
    },
  };
  Object.defineProperty(window, 'vitrine', { value: view });
  return own;
}
