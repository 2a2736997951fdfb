import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildHashes } from '../../../../bench/bakeoff/build-hash.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bakeoff-build-'));
  write('bench/bakeoff/cell.ts', "import { a } from '../../test/helpers/a.js';\nexport const cell = a;\n");
  write('bench/bakeoff/score.ts', 'export const score = 1;\n');
  write('bench/bakeoff/report.ts', 'export const report = 1;\n');
  write('bench/bakeoff/guest.c', 'int main(void) { return 0; }\n');
  write('bench/bakeoff/workloads/guest.ts', "export const SOURCE = new URL('../guest.c', import.meta.url);\n");
  write('bench/bakeoff/workloads/storm.ts', "import { SOURCE } from './guest.js';\nexport const storm = SOURCE;\n");
  write('bench/bakeoff/workloads/idle.ts', 'export const idle = 1;\n');
  write('bench/bakeoff/policies/fixed.ts', "export const off = 'off';\n");
  write('bench/bakeoff/policies/advisor.ts', "export const name = 'advisor';\n");
  write('bench/bakeoff/policies/all.ts', "export * from './fixed.js';\nexport * from './advisor.js';\n");
  write('bench/bakeoff/policies/ksmpilot.ts', "export const name = 'ksmpilot';\n");
  write('test/helpers/a.ts', 'export const a = 1;\n');
  write('dist/src/agent/sampler.js', 'export const sampler = 1;\n');
  write('dist/src/agent/model/observe.js', 'export const observe = 1;\n');
  write('dist/src/agent/pilot.js', "import { step } from '../tuner/step.js';\nexport const pilot = step;\n");
  write('dist/src/tuner/step.js', 'export const step = 1;\n');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const CELLS = ['storm off', 'storm advisor:60', 'storm ksmpilot', 'idle off'] as const;

/** The cells whose hash a change of sources changes. */
function changedBy(change: () => void): string[] {
  const hashes = (): string[] =>
    CELLS.map((cell) => {
      const [workload = '', policy = ''] = cell.split(' ');
      return new BuildHashes({ root, seed: 1 }).of({ workload, policy });
    });
  const before = hashes();
  change();
  return hashes().flatMap((hash, index) => (hash === before[index] ? [] : (CELLS[index] ?? [])));
}

describe('BuildHashes', () => {
  it('changes with what all cells rest on', () => {
    expect(changedBy(() => write('bench/bakeoff/score.ts', 'export const score = 2;\n'))).toEqual(CELLS);
    expect(changedBy(() => write('test/helpers/a.ts', 'export const a = 2;\n'))).toEqual(CELLS);
  });

  it('changes with the workload, and what that names, for its cells only', () => {
    expect(changedBy(() => write('bench/bakeoff/workloads/idle.ts', 'export const idle = 2;\n'))).toEqual(['idle off']);
    expect(changedBy(() => write('bench/bakeoff/guest.c', 'int main(void) { return 1; }\n'))).toEqual(
      CELLS.slice(0, 3),
    );
  });

  it('changes with the policy for its cells only', () => {
    const files = 'bench/bakeoff/policies';
    expect(changedBy(() => write(`${files}/fixed.ts`, "export const off = ['off'];\n"))).toEqual([
      'storm off',
      'idle off',
    ]);
    expect(changedBy(() => write(`${files}/advisor.ts`, "export const name = ['advisor'];\n"))).toEqual([
      'storm advisor:60',
    ]);
  });

  it('changes with the built tuner for ksmpilot only', () => {
    expect(changedBy(() => write('dist/src/tuner/step.js', 'export const step = 2;\n'))).toEqual(['storm ksmpilot']);
  });

  it('does not change with comments, nor with what decides nothing', () => {
    expect(changedBy(() => write('bench/bakeoff/score.ts', '/** The score. */\nexport const score = 1;\n'))).toEqual(
      [],
    );
    expect(changedBy(() => write('bench/bakeoff/report.ts', 'export const report = 2;\n'))).toEqual([]);
  });

  it('keeps to the sources of the bench that it saw first, and looks at the built tuner each time', () => {
    const builds = new BuildHashes({ root, seed: 1 });
    const hashes = (): string[] => ['off', 'ksmpilot'].map((policy) => builds.of({ workload: 'storm', policy }));
    const before = hashes();
    write('bench/bakeoff/score.ts', 'export const score = 3;\n');
    expect(hashes()).toEqual(before);
    write('dist/src/tuner/step.js', 'export const step = 3;\n');
    expect(hashes().map((hash, index) => hash === before[index])).toEqual([true, false]);
  });

  it('changes with the seed', () => {
    const hash = (seed: number): string => new BuildHashes({ root, seed }).of({ workload: 'idle', policy: 'off' });
    expect(hash(1)).toBe(hash(1));
    expect(hash(1)).not.toBe(hash(2));
  });

  it('knows every cell of this checkout', async () => {
    const { WORKLOADS } = await import('../../../../bench/bakeoff/workloads/all.js');
    const { POLICY_NAMES } = await import('../../../../bench/bakeoff/policies/all.js');
    const { packageRoot } = await import('../../../../src/agent/paths.js');
    const builds = new BuildHashes({ root: packageRoot, seed: 1 });
    const hashes = WORKLOADS.map(({ name }) => builds.of({ workload: name, policy: 'off' }));
    expect(new Set(hashes).size).toBe(WORKLOADS.length);
    for (const policy of POLICY_NAMES.filter((name) => name !== 'ksmpilot')) {
      expect(builds.of({ workload: 'storm', policy })).toMatch(/^[0-9a-f]{12}$/);
    }
  });
});
