import type { Track } from './fault-cost.js';
import type { HeldProgram, HeldPrograms, ProgramInfo } from './held-programs.js';
import { KINDS, type Kind } from './types.js';

/** A program's own time by the kernel's statistics, while one kind of fault was made. */
export interface BpfTime {
  readonly tracepoint: string;
  readonly kind: Kind;
  readonly runs: number;
  readonly nsPerRun: number;
  /** Of the program after the verifier. */
  readonly instructions: number;
}

const PASSES = 5;
/** Of fewer the mean says nothing. */
const FEWEST_RUNS = 100;

/** In the order in which they happen: what merges is broken afterwards. */
const ORDER: readonly Kind[] = KINDS.toSorted((a, b) => Number(a === 'break') - Number(b === 'break'));

/**
 * Runs and time of each program while each kind of fault is made, from the kernel's BPF statistics. These read the clock
 * twice a run, so they are on for this part only. Faults of other processes are in the figures too: they run the programs.
 */
export async function bpfTimes(options: {
  readonly held: HeldPrograms;
  readonly programs: readonly HeldProgram[];
  readonly track: Track;
  readonly signal: AbortSignal;
}): Promise<readonly BpfTime[]> {
  const { held, programs, track, signal } = options;
  const sums = new Map<string, { runs: number; ns: number; instructions: number; program: HeldProgram; kind: Kind }>();
  await held.countRuns(true);
  try {
    for (let pass = 0; pass < PASSES; pass += 1) {
      signal.throwIfAborted();
      await track.prepare();
      await held.attach(programs);
      for (const kind of ORDER) {
        const before = await infoOf(held, programs);
        await track.time(kind);
        const after = await infoOf(held, programs);
        for (const program of programs) {
          const [was, is] = [before.get(program.id), after.get(program.id)];
          if (was === undefined || is === undefined || is.runs === was.runs) continue;
          const key = `${program.id} ${kind}`;
          const sum = sums.get(key) ?? { runs: 0, ns: 0, instructions: is.instructions, program, kind };
          sums.set(key, { ...sum, runs: sum.runs + is.runs - was.runs, ns: sum.ns + is.runNs - was.runNs });
        }
      }
      await held.detach();
    }
  } finally {
    await held.detach();
    await held.countRuns(false);
  }
  const seen = [...sums.values()].filter(({ runs }) => runs >= FEWEST_RUNS);
  seen.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.runs - a.runs);
  return seen.map(({ runs, ns, instructions, program: { tracepoint }, kind }) => ({
    ...{ tracepoint, kind, runs, nsPerRun: ns / runs, instructions },
  }));
}

async function infoOf(held: HeldPrograms, programs: readonly HeldProgram[]): Promise<ReadonlyMap<number, ProgramInfo>> {
  const told = new Map<number, ProgramInfo>();
  for (const program of programs) told.set(program.id, await held.info(program));
  return told;
}
