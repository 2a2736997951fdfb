import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProbeHub } from '../../src/agent/probes/hub.js';
import { readVmstat } from '../../test/helpers/knobs.js';
import { FaultLoop } from './fault-loop.js';
import type { DutyCost, DutyPrices } from './duty-cost.js';

/** Faults are made in bursts of so many batches of 64. */
const BURST_BATCHES = 16;
const BURST_FAULTS = BURST_BATCHES * 64;
const LOOK_MS = 100;

/**
 * The probes as the agent runs them, for `seconds`, while a process makes `faultsPerSec` ordinary page faults. bpftrace's CPU
 * is read from /proc; the tax is the faults while more than one of them ran, times `faultNs`.
 */
export async function watchDuty(options: {
  readonly faultsPerSec: number;
  readonly seconds: number;
  readonly prices: DutyPrices;
  readonly cpu: number;
  readonly signal: AbortSignal;
}): Promise<DutyCost> {
  const { faultsPerSec, seconds, prices, cpu, signal } = options;
  await using loop = await FaultLoop.start(cpu);
  const hub = new ProbeHub({
    readCowKsm: () => readVmstat('cow_ksm'),
    readPageFaults: () => readVmstat('pgfault'),
    estimatePages: () => 0,
    exact: false,
  });
  const watched = new BpftraceWatch();
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  const before = { faults: readVmstat('pgfault'), breaks: readVmstat('cow_ksm') };
  // Whether it works here is known when it has started; until then nobody may wait for it without looking.
  const started = hub.start();
  try {
    let made = 0;
    while (elapsed() < seconds) {
      signal.throwIfAborted();
      while (made < elapsed() * faultsPerSec) {
        await loop.touch(BURST_BATCHES);
        made += BURST_FAULTS;
        watched.look();
      }
      await sleep(LOOK_MS / 2, undefined, { signal });
      watched.look();
    }
  } finally {
    await started;
    await hub.stop();
  }
  const took = elapsed();
  const faults = readVmstat('pgfault') - before.faults;
  const breaks = readVmstat('cow_ksm') - before.breaks;
  return {
    how: 'measured',
    faultsPerSec: faults / took,
    breaksPerSec: breaks / took,
    seconds: took,
    windows: hub.snapshot().cow?.duty?.windows ?? 0,
    attachedShare: watched.secondsOfSeveral / took,
    windowCores: watched.cpuSec.others / took,
    taxCores: (watched.faultsOfSeveral * prices.faultNs) / 1e9 / took,
    steadyCores: watched.cpuSec.steady / took,
  };
}

/** The bpftrace children of this process, looked at often. */
class BpftraceWatch {
  readonly #seen = new Map<number, { readonly first: number; last: number; cpuNs: number }>();
  #last: { readonly at: number; readonly faults: number; readonly several: boolean } | undefined;
  /** While more than one ran: the programs that tax page faults were attached, or about to be. */
  secondsOfSeveral = 0;
  faultsOfSeveral = 0;

  look(): void {
    const at = performance.now();
    if (this.#last !== undefined && at - this.#last.at < LOOK_MS / 2) return;
    const running = childrenNamed('bpftrace');
    for (const { pid, cpuNs } of running) {
      const seen = this.#seen.get(pid) ?? { first: at, last: at, cpuNs };
      this.#seen.set(pid, Object.assign(seen, { last: at, cpuNs }));
    }
    const faults = readVmstat('pgfault');
    if (this.#last?.several === true) {
      this.secondsOfSeveral += (at - this.#last.at) / 1000;
      this.faultsOfSeveral += faults - this.#last.faults;
    }
    this.#last = { at, faults, several: running.length > 1 };
  }

  /** The one that ran longest is the one that runs always. The others: windows, and what finds the kernel's layout. */
  get cpuSec(): { readonly steady: number; readonly others: number } {
    const [steady, ...others] = [...this.#seen.values()]
      .toSorted((a, b) => b.last - b.first - (a.last - a.first))
      .map(({ cpuNs }) => cpuNs / 1e9);
    return { steady: steady ?? 0, others: others.reduce((sum, sec) => sum + sec, 0) };
  }
}

function childrenNamed(comm: string): readonly { readonly pid: number; readonly cpuNs: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        if (parent !== process.pid || !stat.includes(`(${comm})`)) return [];
        const cpuNs = Number(readFileSync(`/proc/${name}/schedstat`, 'utf8').split(' ')[0]);
        return [{ pid: Number(name), cpuNs }];
      } catch {
        return []; // it ended between listing and reading
      }
    });
}
