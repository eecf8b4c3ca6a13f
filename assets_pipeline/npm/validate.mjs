// Prints the Khronos validator's findings on each GLB, one JSON object a line.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const { validateBytes } = createRequire(import.meta.url)('gltf-validator');
const SHOWN = 20; // messages of a file
const LONGEST = 300; // letters of one: they quote names from the file
const [ERROR, WARNING] = [0, 1]; // severities; 2 is an info, 3 a hint
const UNKNOWN_TO_IT = /'image\/(avif|ktx2)'/; // formats of extensions that it does not know

for (const path of process.argv.slice(2)) {
  console.log(JSON.stringify(await findings(path)));
}

async function findings(path) {
  try {
    const options = { maxIssues: 10_000, writeTimestamp: false };
    const { issues } = await validateBytes(new Uint8Array(await readFile(path)), options);
    const messages = withoutUnknownFormats(issues.messages);
    const count = (...severities) => messages.filter((m) => severities.includes(m.severity)).length;
    return {
      errors: count(ERROR),
      warnings: count(WARNING),
      infos: messages.length - count(ERROR, WARNING),
      messages: messages
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

// It warns of each AVIF and KTX2 picture twice: of its media type, and that it cannot read it.
function withoutUnknownFormats(messages) {
  const named = messages.filter((m) => m.code === 'VALUE_NOT_IN_LIST' && UNKNOWN_TO_IT.test(m.message));
  const images = new Set(named.map((m) => m.pointer.replace(/\/mimeType$/, '')));
  const unread = (m) => m.code === 'IMAGE_UNRECOGNIZED_FORMAT' && images.has(m.pointer);
  return messages.filter((m) => !named.includes(m) && !unread(m));
}
