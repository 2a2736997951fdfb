/** The product's own probes in the guest, with some tiers refused. */

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CowTotals, ProbeSnapshot } from '../../../src/agent/model/probe.js';
import { ProbeHub } from '../../../src/agent/probes/hub.js';
import { readVmstat, until } from '../../helpers/knobs.js';
import type { CowGrowth, Round } from './report.js';

/** Software emulation is slow: bpftrace alone takes 6 s to start, and a refused tier is a start of its own. */
const START_TIMEOUT_MS = 240_000;

/** Lines of a program that bpftrace shall refuse, as regular expressions of grep. */
const REFUSED: Readonly<Record<Round, string | undefined>> = {
  best: undefined,
  kprobe: '^kfunc:|^kretfunc:|^tracepoint:ksm:',
  tracepoint: ':do_wp_page',
  muted: undefined,
};

export class Probes {
  readonly #hub: ProbeHub;

  constructor(round: Round) {
    this.#hub = new ProbeHub({
      bpftracePath: bpftraceThatRefuses(REFUSED[round]),
      exact: true,
      readCowKsm: () => readVmstat('cow_ksm'),
      estimatePages: () => 0,
      log: (text) => process.stderr.write(`${text}\n`),
    });
  }

  /** Resolves when COW breaks and the scanner are watched; rejects with the states of all probes. */
  async start(): Promise<void> {
    await this.#hub.start();
    const isReady = (): boolean => this.#hub.snapshot().cow !== undefined && this.#hub.snapshot().scanner !== undefined;
    const isPossible = (): boolean =>
      this.snapshot().states.some(({ state }) => /^(starting|running|backoff)$/.test(state));
    await until('frames of cow and scanner', () => isReady() || !isPossible(), START_TIMEOUT_MS).catch(() => undefined);
    if (!isReady()) throw new Error(`the probes do not run: ${JSON.stringify(this.snapshot().states)}`);
  }

  snapshot(): ProbeSnapshot {
    return this.#hub.snapshot();
  }

  /** Totals of frames that began after this call. */
  async fresh(): Promise<ProbeSnapshot> {
    for (let frame = 0; frame < 2; frame += 1) {
      const { cow, scanner } = this.#hub.snapshot();
      const isNew = (): boolean => this.#hub.snapshot().cow !== cow && this.#hub.snapshot().scanner !== scanner;
      await until('another frame of the probes', isNew, 60_000);
    }
    return this.#hub.snapshot();
  }

  stop(): Promise<void> {
    return this.#hub.stop();
  }
}

export function growth(before: ProbeSnapshot, after: ProbeSnapshot): CowGrowth {
  const change = (of: (totals: CowTotals) => number | undefined): number =>
    (of(totalsOf(after)) ?? 0) - (of(totalsOf(before)) ?? 0);
  return {
    attributed: change(({ attributed }) => attributed),
    byUser: change(({ byUser }) => byUser),
    byKernel: change(({ byKernel }) => byKernel),
    byGuest: change(({ byGuest }) => byGuest),
    byRemote: change(({ byRemote }) => byRemote),
    byUnmerge: change(({ byUnmerge }) => byUnmerge),
    byPin: change(({ byPin }) => byPin),
    zero: change(({ zero }) => zero),
    cow_ksm: change(({ cow_ksm = NaN }) => cow_ksm),
  };
}

export function totalsOf({ cow }: ProbeSnapshot): CowTotals {
  if (cow === undefined) throw new Error('no COW program runs');
  return cow;
}

export function breaksBy({ processes }: ProbeSnapshot, pid: number): number {
  return processes.find((row) => row.pid === pid)?.cowBreaks ?? 0;
}

/** A bpftrace that ends with an error where a program has such a line, as it does on kernels without that probe. */
function bpftraceThatRefuses(pattern: string | undefined): string {
  if (pattern === undefined) return 'bpftrace';
  const path = join(mkdtempSync(join(tmpdir(), 'refusing-')), 'bpftrace');
  writeFileSync(
    path,
    `#!/bin/sh
for argument; do
  if [ -f "$argument" ] && grep -qE '${pattern}' "$argument"; then
    echo "ERROR: refused by the test: $(grep -oE '${pattern}' "$argument" | head -1)" >&2
    exit 1
  fi
done
exec bpftrace "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}
