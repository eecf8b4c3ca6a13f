import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomLink, viewerOf } from '../js/ar.js';
import { chooseFiles, chooseLevel, chooseLevels, choosePoster } from '../js/files.js';

test('a screen sees the preview first and keeps the web file; a headset keeps its own', () => {
  const file = (profile, bytes) => ({ profile, bytes, lod: 0, name: `${profile}.glb`, url: '' });
  const files = [file('headset', 5), file('web', 9), file('universal', 20), file('preview', 1)];
  const profiles = (device) => chooseFiles(files, device).map((one) => one.profile);
  assert.deepEqual(profiles('screen'), ['preview', 'web']);
  assert.deepEqual(profiles('headset'), ['preview', 'headset']);
  assert.deepEqual(chooseFiles([], 'screen'), []);
});

test('posters, packages and coarser levels are never taken for the model', () => {
  const files = [
    { profile: 'poster', lod: 0, name: 'poster.webp', url: '', bytes: 1 },
    { profile: 'quick-look', lod: 0, name: 'model.usdz', url: '', bytes: 1 },
    { profile: 'headset', lod: 1, name: 'headset.lod1.glb', url: '', bytes: 1 },
  ];
  assert.deepEqual(chooseFiles(files, 'headset'), []);
  assert.deepEqual(chooseLevels(files, 'headset'), []);
});

const HEADSET = [
  { profile: 'headset', lod: 2, name: 'headset.lod2.glb', url: '', bytes: 1, screen_size: 0.1 },
  { profile: 'headset', lod: 0, name: 'headset.glb', url: '', bytes: 9 },
  { profile: 'headset', lod: 1, name: 'headset.lod1.glb', url: '', bytes: 3, screen_size: 0.3 },
  { profile: 'web', lod: 0, name: 'web.glb', url: '', bytes: 9 },
];

test('a headset gets its levels from the finest; a screen has one', () => {
  assert.deepEqual(
    chooseLevels(HEADSET, 'headset').map((file) => file.lod),
    [0, 1, 2],
  );
  assert.deepEqual(
    chooseLevels(HEADSET, 'screen').map((file) => file.name),
    ['web.glb'],
  );
});

test('the smaller it looks, the coarser it may be', () => {
  const levels = chooseLevels(HEADSET, 'headset');
  const at = (share) => chooseLevel(levels, share, -1);
  assert.deepEqual([0.9, 0.31, 0.29, 0.11, 0.09].map(at), [0, 0, 1, 1, 2]);
});

test('at the border of two levels nothing flickers', () => {
  const levels = chooseLevels(HEADSET, 'headset');
  for (const share of [0.29, 0.31]) {
    assert.equal(chooseLevel(levels, share, 0), 0);
    assert.equal(chooseLevel(levels, share, 1), 1);
  }
  assert.equal(chooseLevel(levels, 0.2, 0), 1);
  assert.equal(chooseLevel(levels, 0.4, 1), 0);
});

const poster = (name, variant) => ({
  profile: 'poster',
  lod: 0,
  name,
  url: name,
  bytes: 1,
  variant,
});

test('a poster shows the finish, or the model as it comes; cut out, not in the studio', () => {
  const files = [
    poster('poster.studio.webp'),
    poster('poster.png'),
    poster('poster.webp'),
    poster('poster.navy.studio.webp', 'Navy'),
    poster('poster.navy.webp', 'Navy'),
  ];
  assert.equal(choosePoster(files, 'Navy')?.name, 'poster.navy.webp');
  assert.equal(choosePoster(files, 'Beach')?.name, 'poster.webp');
  assert.equal(choosePoster(files, null)?.name, 'poster.webp');
  assert.equal(choosePoster([], null), null);
});

const SOFA = {
  variants: [
    { id: 'navy', material_variant: 'Navy' },
    { id: 'pink', material_variant: 'Pale Pink' },
  ],
  files: [
    { profile: 'quick-look', lod: 0, name: 'model.usdz', url: '/a/model.usdz', variant: 'Navy' },
    {
      profile: 'quick-look',
      lod: 0,
      name: 'model.pale-pink.usdz',
      url: '/a/model.pale-pink.usdz',
      variant: 'Pale Pink',
    },
    { profile: 'universal', lod: 0, name: 'universal.glb', url: '/a/universal.glb' },
  ],
};
const PAGE = 'https://shop.example/?room=demo';

test('an iPhone opens the chosen finish in Quick Look, at its real size', () => {
  const link = (variant) => roomLink(SOFA, variant, 'quick-look', 'Sofa', PAGE);
  assert.equal(link('pink'), '/a/model.pale-pink.usdz#allowsContentScaling=0');
  assert.equal(link('navy'), '/a/model.usdz#allowsContentScaling=0');
});

test('an Android phone opens the universal file in Scene Viewer, by its whole address', () => {
  const link = roomLink(SOFA, 'navy', 'scene-viewer', 'Sofa & co', PAGE) ?? '';
  assert.match(link, /^intent:\/\/arvr\.google\.com\/scene-viewer\//);
  const { searchParams } = new URL(link.split('#')[0]);
  assert.equal(searchParams.get('file'), 'https://shop.example/a/universal.glb');
  assert.equal(searchParams.get('title'), 'Sofa & co');
  assert.ok(link.includes(`S.browser_fallback_url=${encodeURIComponent(PAGE)};end;`));
});

test('where there is no viewer or no file, there is no link', () => {
  assert.equal(roomLink(SOFA, 'navy', null, 'Sofa', PAGE), null);
  assert.equal(roomLink({ files: [] }, null, 'quick-look', 'Sofa', PAGE), null);
  assert.equal(roomLink({ files: [] }, null, 'scene-viewer', 'Sofa', PAGE), null);
});

test('the phone is known by what its links can do, or by its name', () => {
  assert.equal(
    viewerOf({ userAgent: 'Safari' }, (rel) => rel === 'ar'),
    'quick-look',
  );
  const android = { userAgent: 'Mozilla/5.0 (Linux; Android 16) Chrome/150' };
  assert.equal(
    viewerOf(android, () => false),
    'scene-viewer',
  );
  assert.equal(
    viewerOf({ userAgent: 'Firefox on Linux' }, () => false),
    null,
  );
});
