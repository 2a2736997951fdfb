/** The folder that a guest of the rig gets: the product's probes as one file, their programs, a test process. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';
import { bundleProgram } from '../helpers/bundle.js';

export async function makeShare(): Promise<{ readonly folder: string } & Disposable> {
  const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-share-'));
  const source = join(packageRoot, 'test/kernel/guest.c');
  execFileSync('cc', ['-O1', '-static', '-pthread', '-o', join(folder, 'guest'), source], { stdio: 'pipe' });
  cpSync(await bundleProgram('test/kernels/inside/main.ts'), join(folder, 'program.mjs'));
  for (const path of ['package.json', 'bpf']) cpSync(join(packageRoot, path), join(folder, path), { recursive: true });
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return {
    folder,
    [Symbol.dispose]: () => {
      process.off('exit', remove);
      remove();
    },
  };
}
