// Prints the Khronos validator's findings on each GLB, one JSON object a line.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const { validateBytes } = createRequire(import.meta.url)('gltf-validator');
const SHOWN = 20; // messages of a file
const LONGEST = 300; // letters of one: they quote names from the file
const [ERROR, WARNING, INFO] = [0, 1, 2]; // severities; 3 is a hint

for (const path of process.argv.slice(2)) {
  console.log(JSON.stringify(await findings(path)));
}

async function findings(path) {
  try {
    const options = { maxIssues: 10_000, writeTimestamp: false };
    const { issues } = await validateBytes(new Uint8Array(await readFile(path)), options);
    const count = (severity) => issues.messages.filter((m) => m.severity === severity).length;
    return {
      errors: issues.numErrors ?? count(ERROR),
      warnings: issues.numWarnings ?? count(WARNING),
      infos: (issues.numInfos ?? count(INFO)) + (issues.numHints ?? 0),
      messages: issues.messages
        .sort((a, b) => a.severity - b.severity)
        .slice(0, SHOWN)
        .map(({ code, message, severity, pointer = '' }) => ({
          code,
          message: message.slice(0, LONGEST),
          severity,
          pointer: pointer.slice(0, LONGEST),
        })),
    };
  } catch (error) {
    return { skipped: `The validator stopped at this file: ${error.message ?? error}` };
  }
}
