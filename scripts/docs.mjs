// @ts-check
/** `npm run docs`: writes every generated document (docs/render.mjs) from the built program. test/contract compares them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './bootstrap/prepare.mjs';
import { say, sayFailure } from './bootstrap/say.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

try {
  await prepare({ root: ROOT });
  // Imports packages, which a fresh clone has only now.
  const { renderDocs } = await import('./docs/render.mjs');
  for (const [path, text] of Object.entries(await renderDocs(ROOT))) {
    writeFileSync(join(ROOT, path), text);
    say(`wrote ${path}`);
  }
} catch (error) {
  sayFailure(error);
  process.exitCode = 1;
}
