import { cpus } from 'node:os';
import { bpfTimes } from './bpf-time.js';
import { BpftraceRun } from './bpftrace-run.js';
import { playDuty, type DutyHost, type DutyPrices } from './duty-cost.js';
import { watchDuty } from './duty-run.js';
import { timeDelivery, timeFaults, Track, type HeldSet } from './fault-cost.js';
import { HeldPrograms } from './held-programs.js';
import type { Options } from './options.js';
import { faultRows, rowsOf, type Row } from './rows.js';
import { programSets, type Sets } from './sets.js';
import { idleCores, timeStarts, type Variant } from './startup.js';
import { EMPTY, type ProgramSet } from './types.js';

type RunOptions = Extract<Options, { kind: 'run' }>;

/** Steady hosts for which the duty cycle is computed: page faults and COW breaks a second. */
const DUTY_HOSTS: readonly DutyHost[] = [1e3, 1e4, 1e5, 1e6, 5e6].flatMap((faultsPerSec) =>
  [0, faultsPerSec / 100].map((breaksPerSec) => ({ faultsPerSec, breaksPerSec })),
);
const DUTY_SEC = 86_400;
/** The set that a window runs, and the one that runs always beside it. */
const WINDOW = 'window';
const STEADY = 'scanner';
/** What is measured for real. */
const DUTY_FAULTS_PER_SEC = 20_000;

/** Everything that the options ask for, part by part. The knobs are the caller's to save. */
export async function measure(
  options: RunOptions,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<{ readonly rows: readonly Row[]; readonly missing: readonly string[] }> {
  const wants = (part: RunOptions['parts'][number]): boolean => options.parts.includes(part);
  const found = await programSets(options.programs);
  const rows: Row[] = [];
  await using held = await HeldPrograms.start();
  if (wants('faults') || wants('statistics'))
    rows.push(...(await attachedParts(options, { held, found, signal, say })));
  if (wants('startup') || wants('duty')) {
    say('starts of bpftrace');
    const variants = variantsOf(found).filter(({ name }) => wants('startup') || name === WINDOW);
    const startups = await timeStarts({ held, variants, starts: options.starts, signal });
    rows.push(...startups.map((startup) => ({ part: 'startup' as const, ...startup })));
    for (const name of [STEADY, 'all']) {
      const text = textOf(found.sets, name);
      if (text === undefined || (name === 'all' && !wants('startup'))) continue;
      const cores = await idleCores(text, options.idleSec, signal);
      rows.push({ part: 'idle', name, cores, seconds: options.idleSec });
    }
  }
  if (wants('duty')) {
    say('duty cycle');
    const prices = pricesOf(rows);
    const computed = DUTY_HOSTS.map((host) => playDuty(host, prices, DUTY_SEC));
    const seconds = options.dutySec;
    const measured = await watchDuty({ faultsPerSec: DUTY_FAULTS_PER_SEC, seconds, prices, cpu: faultCpu(), signal });
    const { faultsPerSec, breaksPerSec } = measured;
    const alike = playDuty({ faultsPerSec, breaksPerSec }, prices, Math.round(measured.seconds));
    rows.push(...[...computed, alike, measured].map((cost) => ({ part: 'duty' as const, ...cost })));
  }
  return { rows, missing: found.missing };
}

async function attachedParts(
  { rounds, parts }: RunOptions,
  { held, found, signal, say }: { held: HeldPrograms; found: Sets; signal: AbortSignal; say: (text: string) => void },
): Promise<readonly Row[]> {
  say('taking the programs out of bpftrace');
  const sets: HeldSet[] = [];
  for (const { name, text } of found.sets) {
    signal.throwIfAborted();
    sets.push({ name, programs: text === undefined ? [] : await takeFrom(held, text) });
  }
  const programsOf = (name: string): HeldSet['programs'] => sets.find((set) => set.name === name)?.programs ?? [];
  const rows: Row[] = [];
  await using track = await Track.start(faultCpu());
  if (parts.includes('faults')) {
    const onRound = (round: number): void => {
      if (round % 10 === 0 || round === rounds) say(`round ${round} of ${rounds}`);
    };
    rows.push(...faultRows(found.sets, await timeFaults({ held, sets, track, rounds, signal, onRound })));
    const each = [...new Set([0, faultCpu()])];
    const delivered = await timeDelivery({ held, empty: programsOf(EMPTY), cpus: each, rounds, signal });
    rows.push(...delivered.map((row) => ({ part: 'delivery' as const, ...row })));
  }
  if (parts.includes('statistics')) {
    const times = await bpfTimes({ held, programs: programsOf('all'), track, signal });
    rows.push(...times.map((time) => ({ part: 'statistics' as const, ...time })));
  }
  await held.drop();
  return rows;
}

/** Starts the programs in a bpftrace of their own, and keeps them when that has ended. */
async function takeFrom(held: HeldPrograms, text: string): Promise<HeldSet['programs']> {
  await using run = await BpftraceRun.start(text);
  await run.firstFrame();
  const programs = await held.take(run.pid);
  if (programs.length === 0) throw new Error('this bpftrace keeps its programs where they are not found');
  return programs;
}

/** Not CPU 0, on which the perf events of bpftrace live, where there is another. */
function faultCpu(): number {
  return cpus().length - 1;
}

/** How bpftrace is started, and what might make that smaller. */
function variantsOf({ sets }: Sets): readonly Variant[] {
  const named = sets.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]));
  const all = textOf(sets, 'all') ?? '';
  const tried = {
    'all, maps of 1,024 keys': { BPFTRACE_MAP_KEYS_MAX: '1024', BPFTRACE_MAX_MAP_KEYS: '1024' },
    'all, buffers of 4 pages a CPU': { BPFTRACE_PERF_RB_PAGES: '4' },
    'all, no symbol cache': { BPFTRACE_CACHE_USER_SYMBOLS: '0', BPFTRACE_NO_CPP_DEMANGLE: '1' },
  };
  return [...named, ...Object.entries(tried).map(([name, environment]) => ({ name, text: all, environment }))];
}

function textOf(sets: readonly ProgramSet[], name: string): string | undefined {
  return sets.find((set) => set.name === name)?.text;
}

/** Of a window; where a figure was not measured, one that is not too small. */
function pricesOf(rows: readonly Row[]): DutyPrices {
  const start = rowsOf(rows, 'startup').find(({ name }) => name === WINDOW);
  const idle = rowsOf(rows, 'idle').find(({ name }) => name === STEADY);
  const cost = (kind: string): number | undefined =>
    rowsOf(rows, 'faults').find((row) => row.set === WINDOW && row.kind === kind)?.aboveNothing.median;
  const delivered = rowsOf(rows, 'delivery').find(({ cpu }) => cpu === 0);
  const more = delivered === undefined ? 700 : delivered.heard.median - delivered.quiet.median;
  const faultNs = Math.max(cost('touch') ?? 150, cost('write-protect') ?? 250) + more / cpus().length;
  return {
    startCpuSec: (start?.cpuMs ?? 1000) / 1000,
    startSec: Math.ceil((start?.firstFrameMs ?? 2000) / 1000),
    stopSec: (start?.stopMs ?? 500) / 1000,
    idleCores: idle?.cores ?? 0.0015,
    faultNs,
    breakNs: Math.max(0, (cost('break') ?? 700) - faultNs),
  };
}
