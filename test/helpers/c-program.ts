import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Test processes are ended without notice and could not clean up after themselves: one binary for each source text. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ksmpilot-test/', import.meta.url));

export type Compiled = { readonly path: string } | { readonly why: string };

const compiled = new Map<string, Compiled>();

/**
 * The binary of one C file, built where there is none of this text yet, or why it cannot be built. Where there is no
 * compiler at all, as in the machines of test/kernels, KSMPILOT_TEST_PROGRAMS names a folder of ready ones.
 */
export function compile(source: string): Compiled {
  const ready = process.env.KSMPILOT_TEST_PROGRAMS;
  if (ready !== undefined) return { path: join(ready, basename(source, '.c')) };
  const known = compiled.get(source) ?? build(source);
  compiled.set(source, known);
  return known;
}

function build(source: string): Compiled {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const path = join(CACHE, `${basename(source, '.c')}-${digest}`);
  try {
    if (!existsSync(path)) {
      mkdirSync(CACHE, { recursive: true });
      execFileSync('cc', ['-O1', '-pthread', '-o', `${path}.${process.pid}`, source], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      renameSync(`${path}.${process.pid}`, path);
    }
    return { path };
  } catch (error) {
    return { why: `cc cannot compile ${source}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
