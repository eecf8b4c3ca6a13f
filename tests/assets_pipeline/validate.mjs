// Prints the Khronos validator's report of each GLB, one JSON object per line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const programs = fileURLToPath(new URL('../../assets_pipeline/npm/', import.meta.url));
const { validateBytes } = createRequire(programs)('gltf-validator');
for (const path of process.argv.slice(2)) {
  const report = await validateBytes(new Uint8Array(readFileSync(path)), { maxIssues: 50 });
  const { numErrors, messages } = report.issues;
  const errors = messages.filter((message) => message.severity === 0);
  console.log(JSON.stringify({ path, errors: numErrors, messages: errors }));
}
