import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headName } from '../js/head-bone.js';

const nodes = (...names) => names.map((name) => ({ name }));
const vrm = (node) => ({ VRMC_vrm: { humanoid: { humanBones: { head: { node } } } } });

test('a VRM says which node the head is', () => {
  const file = { nodes: nodes('hips', 'Head_end', 'myHeadBone'), extensions: vrm(2) };
  assert.equal(headName(file), 'myHeadBone');
  const old = { VRM: { humanoid: { humanBones: [{ bone: 'head', node: 1 }] } } };
  assert.equal(headName({ nodes: nodes('hips', 'aHead'), extensions: old }), 'aHead');
});

test('a number that points elsewhere since nodes were added is not believed', () => {
  const file = { nodes: nodes('Head', 'LeftFoot'), extensions: vrm(1) };
  assert.equal(headName(file), 'Head');
});

test('others have names that tools give', () => {
  const known = ['Head', 'J_Bip_C_Head', 'mixamorig:Head', 'Armature_head', 'head.001'];
  for (const name of known) assert.equal(headName({ nodes: nodes('a', name, 'b') }), name);
});

test('a model without a head has none', () => {
  assert.equal(headName({ nodes: nodes('overhead-lamp', 'headset') }), null);
  assert.equal(headName({}), null);
});
