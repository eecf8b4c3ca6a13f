// The hand of somebody with a mouse or a finger: it carries a piece along the pointer.

const ARM = 1.05; // metres before the eye at which one carries a piece

export class PointerHand {
  /**
   * @param {import('./controls.js').Controls} controls
   * @param {import('./products.js').Products} products
   */
  constructor(controls, products) {
    this.controls = controls;
    this.products = products;
  }

  /** Farther away for a tall piece, its middle at the pointer. @param {import('three').Vector3} out */
  position(out) {
    const { ray } = this.controls.rayAtPointer();
    const piece = this.products.mine ? this.products.pieces.get(this.products.mine) : null;
    const height = piece ? (piece.box.max.y - piece.box.min.y) * piece.group.scale.x : 0;
    out.copy(ray.origin).addScaledVector(ray.direction, ARM + height * 0.9);
    out.y -= height / 2;
    return out;
  }

  yaw() {
    return this.controls.yaw;
  }
}
