import { FullScans } from '../../test/helpers/full-scans.js';
import { Cleanup } from '../bakeoff/cleanup.js';
import { FaultLoop } from './fault-loop.js';
import type { HeldProgram, HeldPrograms } from './held-programs.js';
import { pairedDifference, type Estimate } from './interval.js';
import { KINDS, type Kind, type Samples } from './types.js';

/** Batches of each kind of fault that one figure is the median of. */
const BATCHES = 64;
/** Pages that merge with one another and break, twice: in pairs. */
const MERGED_PAGES = 2048;

export interface HeldSet {
  readonly name: string;
  readonly programs: readonly HeldProgram[];
}

/** The processes that are timed, and ksmd at our command. */
export class Track implements AsyncDisposable {
  readonly #plain: FaultLoop;
  readonly #merging: FaultLoop;
  readonly #scans: FullScans;
  readonly #cleanup: Cleanup;
  #seed = 0;

  private constructor(parts: { plain: FaultLoop; merging: FaultLoop; scans: FullScans; cleanup: Cleanup }) {
    this.#plain = parts.plain;
    this.#merging = parts.merging;
    this.#scans = parts.scans;
    this.#cleanup = parts.cleanup;
  }

  /** The knobs are the caller's to save. @param cpu where faults are made */
  static async start(cpu: number): Promise<Track> {
    const cleanup = new Cleanup();
    const keep = <T extends AsyncDisposable>(name: string, part: T): T => {
      cleanup.add(name, async () => part[Symbol.asyncDispose]());
      return part;
    };
    try {
      const plain = keep('faults', await FaultLoop.start(cpu));
      const merging = keep('merging faults', await FaultLoop.start(cpu));
      await merging.beMergeable(MERGED_PAGES);
      const scans = keep('full scans', await FullScans.start({ smart_scan: 0 }));
      return new Track({ plain, merging, scans, cleanup });
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  /** What is to happen before programs are attached: new content, which is ready to merge after one full scan. */
  async prepare(): Promise<void> {
    this.#seed += 1;
    await this.#merging.fill(this.#seed);
    await this.#scans.step();
  }

  /** Nanoseconds of each, once. `prepare` comes before every `merge`, `merge` before every `break`. */
  async time(kind: Kind): Promise<number> {
    switch (kind) {
      case 'touch':
        return this.#plain.touch(BATCHES);
      case 'write-protect':
        return this.#plain.writeProtected(BATCHES);
      case 'write-protect-mergeable':
        return this.#merging.writeProtected(BATCHES);
      case 'merge':
        return this.#merge();
      case 'break':
        return this.#merging.breakAll();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.run();
  }

  async #merge(): Promise<number> {
    const before = this.#scans.cpuNs();
    await this.#scans.step();
    const merged = this.#merging.mergingPages();
    if (merged !== 2 * MERGED_PAGES) throw new Error(`${merged} of ${2 * MERGED_PAGES} pages merged in one full scan`);
    return (this.#scans.cpuNs() - before) / merged;
  }
}

/** In the order in which they are timed: what merges is broken afterwards. */
const ORDER: readonly Kind[] = ['touch', 'write-protect', 'write-protect-mergeable', 'merge', 'break'];

/**
 * Times every kind of fault under every set of programs, round by round. Within a round the sets follow each other within a
 * second or two, in an order that begins with another one each time and turns around every other time: a drift of the
 * machine hits all alike, and figures of one round make pairs.
 */
export async function timeFaults(options: {
  readonly held: HeldPrograms;
  readonly sets: readonly HeldSet[];
  readonly track: Track;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onRound: (round: number) => void;
}): Promise<Samples> {
  const { held, sets, track, rounds, signal, onRound } = options;
  const samples = new Map(sets.map(({ name }) => [name, new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]))]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, programs } of inTurn(sets, round)) {
      signal.throwIfAborted();
      await track.prepare();
      await held.attach(programs);
      try {
        for (const kind of ORDER)
          samples
            .get(name)
            ?.get(kind)
            ?.push(await track.time(kind));
      } finally {
        await held.detach();
      }
    }
    onRound(round + 1);
  }
  return samples;
}

function inTurn<T>(list: readonly T[], round: number): readonly T[] {
  const first = round % list.length;
  const turned = [...list.slice(first), ...list.slice(0, first)];
  return round % 2 === 0 ? turned : turned.reverse();
}

/** What one fault costs on one CPU under an empty program, its perf event enabled as bpftrace leaves it, or not. */
export interface Delivery {
  readonly cpu: number;
  readonly quiet: Estimate;
  readonly heard: Estimate;
}

/**
 * bpftrace hangs a program on a tracepoint through a perf event, which lives on CPU 0. The program runs on all CPUs; on
 * CPU 0 the kernel then also hands each event to that perf event, because bpftrace's programs return 1, and it goes to
 * nobody. This measures what that costs: ordinary faults under an empty program against none, in pairs.
 */
export async function timeDelivery(options: {
  readonly held: HeldPrograms;
  readonly empty: readonly HeldProgram[];
  readonly cpus: readonly number[];
  readonly rounds: number;
  readonly signal: AbortSignal;
}): Promise<readonly Delivery[]> {
  const { held, empty, cpus, rounds, signal } = options;
  const told: Delivery[] = [];
  await using loop = await FaultLoop.start(0);
  for (const cpu of cpus) {
    await loop.pin(cpu);
    const [without, quiet, heard]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      const turn = [
        { figures: without, attach: () => Promise.resolve() },
        { figures: quiet, attach: () => held.attach(empty) },
        { figures: heard, attach: () => held.attach(empty, true) },
      ];
      for (const { figures, attach } of inTurn(turn, round)) {
        await attach();
        figures.push(await loop.touch(BATCHES));
        await held.detach();
      }
    }
    told.push({ cpu, quiet: pairedDifference(quiet, without), heard: pairedDifference(heard, without) });
  }
  return told;
}
