import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Makes one JavaScript file of a TypeScript program and all that it imports, so that a test can run it in a process of
 * its own: to kill it, or to race several.
 *
 * @param entry path of the program, from the top of the repository
 * @returns path of a file that `node` runs
 */
export async function bundleProgram(entry: string): Promise<string> {
  const outDir = join(ROOT, '.cache/test-programs', entry.replaceAll('/', '-'));
  mkdirSync(outDir, { recursive: true });
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(ROOT, entry),
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'program.mjs' } },
    },
  });
  return join(outDir, 'program.mjs');
}
