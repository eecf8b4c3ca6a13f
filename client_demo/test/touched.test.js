// What a hand reaches into.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, Vector3 } from 'three';
import { Products } from '../js/scene/products.js';

const SIZES = { shoe: [0.1, 0.12, 0.3], chair: [0.8, 0.9, 0.8], table: [0.5, 0.5, 0.5] };

/** A shoe on a chair, and a table that nobody takes. */
function shown() {
  const stage = { scene: new Scene(), parts: [], wake() {}, shadowsMoved() {} };
  const products = new Products(stage, {}, { me: 'ada', things: new Map() });
  const displays = [
    { id: 'shoe', sku: 'shoe', position: [0, 0.5, 0] },
    { id: 'chair', sku: 'chair', position: [0, 0, 0] },
    { id: 'table', sku: 'table', position: [3, 0, 0], grab: false },
  ];
  const sized = Object.entries(SIZES).map(([sku, [width, height, depth]]) => [
    sku,
    { dimensions: { width, height, depth } },
  ]);
  products.setOut(displays, new Map(sized));
  return products;
}

test('a hand in a small piece has it, whatever is around both', () => {
  const products = shown();
  assert.equal(products.touched(new Vector3(0, 0.55, 0.1)), 'shoe');
  assert.equal(products.touched(new Vector3(0, 0.55, 0.3)), null); // over the seat
  assert.equal(products.touched(new Vector3(3, 0.2, 0)), null); // not to be taken
});

test('a hand in a large piece has it when the other hand has', () => {
  const products = shown();
  products.mine = 'chair';
  assert.equal(products.touched(new Vector3(0, 0.55, 0.3)), 'chair');
});
