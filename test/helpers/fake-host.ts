import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { WANTED_TRACEPOINTS } from '../../src/agent/probes/tier.js';

/** One run of the stand-in: maps by name without @, and the oddities listed in fake-bpftrace.mjs. */
export type FakeRun = Readonly<Record<string, unknown>>;

export interface FakePlan {
  readonly version?: string;
  readonly refuse?: string;
  readonly runs?: readonly FakeRun[];
}

export interface FakeHost {
  readonly root: string;
  readonly bpftracePath: string;
  /** The programs that the stand-in was given, oldest first, with the map size it was told. */
  launches(): readonly { readonly program: string; readonly keys: string }[];
  addTracepoint(name: string): void;
  remove(): void;
}

const FAKE = fileURLToPath(new URL('../fixtures/bpftrace/fake-bpftrace.mjs', import.meta.url));

/** An x86-64 host with root, tracefs and a stand-in for bpftrace, all in a temporary folder. */
export function makeFakeHost(plan: FakePlan = {}, tracepoints: readonly string[] = WANTED_TRACEPOINTS): FakeHost {
  const root = mkdtempSync(join(tmpdir(), 'ksmpilot-fake-host-'));
  const planFile = join(root, 'plan.json');
  writeFileSync(planFile, JSON.stringify({ runs: [{}], ...plan }));
  mkdirSync(join(root, 'proc'));
  writeFileSync(join(root, 'proc/cpuinfo'), 'processor\t: 0\nflags\t\t: fpu vme la57 sse\n');
  const addTracepoint = (name: string): void => {
    mkdirSync(join(root, 'sys/kernel/tracing/events', ...name.split(':')), { recursive: true });
  };
  mkdirSync(join(root, 'sys/kernel/tracing/events'), { recursive: true });
  mkdirSync(join(root, 'sys/kernel/btf'));
  writeFileSync(join(root, 'sys/kernel/btf/vmlinux'), '');
  for (const name of tracepoints) addTracepoint(name);
  vi.stubEnv('FAKE_BPFTRACE', planFile);
  vi.spyOn(process, 'geteuid').mockReturnValue(0);
  vi.spyOn(process, 'arch', 'get').mockReturnValue('x64');
  return {
    root,
    bpftracePath: FAKE,
    launches: () =>
      readFileSync(`${planFile}.runs`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { program: string; keys: string }),
    addTracepoint,
    remove: () => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
