import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const IMPORT = /^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm;

/** @param {URL} file @param {Map<string, string[]>} seen */
function follow(file, seen = new Map()) {
  if (seen.has(file.href)) return seen;
  const named = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((m) => m[1] ?? m[2]);
  seen.set(file.href, named);
  for (const name of named) if (name.startsWith('.')) follow(new URL(name, file), seen);
  return seen;
}

test('it needs nothing but socket.io-client', () => {
  const seen = follow(new URL('../js/vitrine-room.js', import.meta.url));
  const packages = new Set([...seen.values()].flat().filter((name) => !name.startsWith('.')));
  assert.deepEqual([...packages], ['socket.io-client']);
  assert.ok(seen.size >= 6);
});

test('it touches no page', () => {
  const seen = follow(new URL('../js/vitrine-room.js', import.meta.url));
  for (const href of seen.keys()) {
    assert.doesNotMatch(readFileSync(new URL(href), 'utf8'), /\b(document|window)\./, href);
  }
});
