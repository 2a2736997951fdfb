/** Debian's prometheus and promtool for tests, and what they say. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, vi, type TestContext } from 'vitest';
import { withCheckoutLock } from '../../scripts/bootstrap/lock.mjs';
import { unpackedSet } from '../../scripts/kernels/debian.mjs';
import { CACHE } from '../../scripts/kernels/rig.mjs';

export interface PrometheusTools {
  /** Paths. */
  readonly prometheus: string;
  readonly promtool: string;
}

/**
 * Those on PATH. In CI, where there are none, those of Debian's package, unpacked and not installed: installing starts a
 * server. Elsewhere why there are none; in CI that is an error.
 */
async function prometheusTools(): Promise<PrometheusTools | { readonly why: string }> {
  const prometheus = onPath('prometheus');
  const promtool = onPath('promtool');
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  if (process.env.CI !== 'true') return { why: 'prometheus and promtool are not on PATH (apt-get install prometheus)' };
  mkdirSync(CACHE, { recursive: true });
  const set = { release: 'bookworm', name: 'prometheus', packages: ['prometheus'], take: 'closure' } as const;
  const { tree } = await withCheckoutLock(CACHE, () => unpackedSet(CACHE, set));
  return { prometheus: join(tree, 'usr/bin/prometheus'), promtool: join(tree, 'usr/bin/promtool') };
}

const found = prometheusTools();

/** To be called at the top of a test file that needs them: getting them from a Debian mirror takes half a minute. */
export function usePrometheus(): void {
  vi.setConfig({ testTimeout: 60_000 });
  beforeAll(() => found, 300_000);
}

/** The tools, or the end of this test with the reason why there are none. */
export async function toolsFor(context: TestContext): Promise<PrometheusTools> {
  const tools = await found;
  return 'why' in tools ? context.skip(tools.why) : tools;
}

/** What a program says, both streams, and how it ended. */
export function saying(
  program: string,
  args: readonly string[],
  { input, cwd }: { readonly input?: string; readonly cwd?: string } = {},
): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 30_000,
    ...(input !== undefined && { input }),
    ...(cwd !== undefined && { cwd }),
  });
  if (error !== undefined) throw error;
  return { code: status, text: stdout + stderr };
}

/** Names of ksmpilot's metrics and recorded series in PromQL. */
export function metricsIn(promql: string): string[] {
  const withoutStrings = promql.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...withoutStrings.matchAll(/(?<![\w:])(?:\w+:)?ksmpilot_\w+(?::\w+)*/g)].map(([name]) => name);
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
