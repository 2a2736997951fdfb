import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../bakeoff/statistics.js';
import { BpftraceRun } from './bpftrace-run.js';
import type { HeldPrograms } from './held-programs.js';
import { tracepointsOf } from './sets.js';

/** How bpftrace is started. */
export interface Variant {
  readonly name: string;
  readonly text: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Medians over the starts. Milliseconds from exec, bytes. */
export interface Startup {
  readonly name: string;
  readonly starts: number;
  readonly probes: number;
  readonly attachedMs: number;
  readonly firstFrameMs: number;
  /** bpftrace's CPU time from exec to the first frame. */
  readonly cpuMs: number;
  readonly stopMs: number;
  readonly resident: number;
  readonly privateDirty: number;
}

/** Starts the variants in turn, `starts` times over. */
export async function timeStarts(options: {
  readonly held: HeldPrograms;
  readonly variants: readonly Variant[];
  readonly starts: number;
  readonly signal: AbortSignal;
}): Promise<readonly Startup[]> {
  const { held, variants, starts, signal } = options;
  const seen = variants.map((variant) => ({ variant, runs: [] as Started[] }));
  for (let start = 0; start < starts; start += 1) {
    for (const { variant, runs } of seen) {
      signal.throwIfAborted();
      runs.push(await startOnce(held, variant));
    }
  }
  return seen.map(({ variant, runs }) => {
    const middle = (of: (run: Started) => number): number => median(runs.map(of)) ?? NaN;
    return {
      name: variant.name,
      starts,
      probes: tracepointsOf(variant.text).length,
      attachedMs: middle(({ attachedMs }) => attachedMs),
      firstFrameMs: middle(({ firstFrameMs }) => firstFrameMs),
      cpuMs: middle(({ cpuMs }) => cpuMs),
      stopMs: middle(({ stopMs }) => stopMs),
      resident: middle(({ resident }) => resident),
      privateDirty: middle(({ privateDirty }) => privateDirty),
    };
  });
}

type Started = Omit<Startup, 'name' | 'starts' | 'probes'>;

async function startOnce(held: HeldPrograms, { text, environment }: Variant): Promise<Started> {
  const wanted = tracepointsOf(text).length;
  const run = await BpftraceRun.start(text, environment);
  try {
    const attachedMs = await run.until(async () => (await held.take(run.pid)).length >= wanted);
    const firstFrameMs = await run.firstFrame();
    const cpuMs = run.cpuNs() / 1e6;
    const memory = run.memory();
    return { attachedMs, firstFrameMs, cpuMs, ...memory, stopMs: await run.stop() };
  } finally {
    await run.stop();
    await held.drop();
  }
}

/** CPU of a running bpftrace while nothing happens that it counts, in cores. */
export async function idleCores(text: string, seconds: number, signal: AbortSignal): Promise<number> {
  await using run = await BpftraceRun.start(text);
  await run.firstFrame();
  await sleep(1_500, undefined, { signal }); // what it still does after its start is not idling
  const [cpu, at] = [run.cpuNs(), performance.now()];
  await sleep(seconds * 1_000, undefined, { signal });
  return (run.cpuNs() - cpu) / 1e6 / (performance.now() - at);
}
