import { KsmpilotError } from '../errors.js';
import type { Area } from '../memory-map/areas.js';
import type { Frames } from '../memory-map/frames.js';
import { frameOf, isExclusive } from '../memory-map/pagemap.js';
import type { ProcessMemory } from '../memory-map/process-memory.js';
import { ContentHash } from './content-hash.js';
import { FrameLedger } from './frame-ledger.js';
import type { Estimate } from './interval.js';
import type { MergeRules } from './merge-rules.js';
import { isCandidate, privateRuns, type PrivateRun } from './private-pages.js';
import type { Random } from './random.js';
import { MOST_CONTENTS, Sampler, type ProcessFigures, type TotalFigures } from './sampler.js';
import { PILOT_PAGES, refusal, runPilot, survey, type OpenMemory, type Refusal } from './survey.js';

/** What an estimate needs of the host, and what it is to do. */
export interface EstimateRequest {
  readonly pids: readonly number[];
  readonly open: OpenMemory;
  readonly frames: Frames;
  /** Zero pages that KSM has placed in a process (`ksm_zero_pages` of /proc/PID/ksm_stat); undefined: not known. */
  readonly placedZeroPages: (pid: number) => number | undefined;
  readonly rules: MergeRules;
  readonly pageSize: number;
  /** Part of all contents to look at, above 0, at most 1; undefined: as many as fit, all if they do. */
  readonly rate?: number | undefined;
  readonly random: Random;
  /** Awaited between pieces of some milliseconds. */
  readonly breathe: () => Promise<void> | undefined;
  readonly onProgress?: (donePages: number, ofPages: number) => void;
  /** Contents kept at most, and pages that the pilot looks at; tests make do with fewer. */
  readonly mostContents?: number;
  readonly pilotSize?: { readonly min: number; readonly max: number };
}

/** What was found in one process, in pages. */
export interface ProcessEstimate {
  readonly pid: number;
  readonly comm: string;
  /** Private pages read: what KSM could take if all were offered. */
  readonly candidatePages: number;
  /** Of these, offered to KSM now. */
  readonly offeredPages: number;
  /** In transparent huge pages, which merging would split. */
  readonly hugePages: number;
  readonly zeroPages: number;
  /** Pages that are the kernel's zero page already, and of these those that KSM placed. */
  readonly zeroPage: number;
  readonly placedZeroPages: number | undefined;
  /** Present, but shared memory, a file's, or of hugetlbfs: KSM never takes them. */
  readonly unfitPages: number;
  readonly swappedPages: number;
  /** Pages that went away between being found and being read. */
  readonly lostPages: number;
  readonly within: Estimate;
}

export interface EstimateResult {
  readonly processes: readonly ProcessEstimate[];
  readonly refusals: readonly Refusal[];
  /** Processes that have nothing for KSM, kernel threads among them. */
  readonly without: readonly number[];
  readonly totals: TotalFigures;
  readonly sampling: {
    /** Rate at the end, and that begun with. */
    readonly rate: number;
    readonly begunRate: number;
    readonly pilotPages: number;
    readonly readPages: number;
    readonly hashedPages: number;
    readonly contents: number;
    /** Frames whose sharing could not be kept in mind. */
    readonly forgottenFrames: number;
  };
}

/** Contents that a run without a rate sets out to look at: half of what is kept at most, or all if they fit. */
const AIM_CONTENTS = MOST_CONTENTS / 2;

/** Are there so few pages that all their contents can be kept, even if there are some more by the time they are read? */
function areFew(candidatePages: number, mostContents: number): boolean {
  return candidatePages < 0.9 * mostContents;
}

function defaultRate(candidatePages: number): number {
  return areFew(candidatePages, MOST_CONTENTS) ? 1 : AIM_CONTENTS / candidatePages;
}

/** Pages copied by one read: 1 MiB, still in the second-level cache of most CPUs when it is looked at. */
const BLOCK_PAGES = 256;

/** Reads the processes one after the other and adds up what merging them would save. */
export async function estimate(request: EstimateRequest): Promise<EstimateResult> {
  const { open, random, pageSize, breathe } = request;
  const found = await survey(request.pids, open, breathe);
  const begunRate = request.rate ?? defaultRate(found.candidatePages);
  const hash = new ContentHash(pageSize, random);
  const { rules, mostContents = MOST_CONTENTS, pilotSize: size = PILOT_PAGES } = request;
  const tools = { open, hash, random, pageSize, breathe, size };
  // Where the rate will have to be lowered on the way, what is common must be known before, whatever was asked for.
  const isWhole = begunRate >= 1 && areFew(found.candidatePages, mostContents);
  const { common, pages: pilotPages } = await runPilot(found, begunRate, isWhole, tools);
  const ledger = new FrameLedger(request.frames);
  const sampler = new Sampler({ hash, common, ledger, rules, pageSize, rate: begunRate, mostContents });
  const reader = new Reader(request, sampler, ledger, found.candidatePages);
  const processes: ProcessEstimate[] = [];
  const refusals = [...found.refusals];
  for (const { pid } of found.extents) {
    const result = await reader.read(pid);
    if ('state' in result) refusals.push(result);
    else processes.push(result);
  }
  return {
    processes,
    refusals,
    without: found.without,
    totals: withPlacedZeros(sampler.totals(), processes),
    sampling: {
      rate: sampler.rate,
      begunRate,
      pilotPages,
      readPages: reader.donePages,
      hashedPages: sampler.hashedPages,
      contents: sampler.contents,
      forgottenFrames: ledger.forgotten,
    },
  };
}

/** Reads whole processes and gives their pages to the sampler. */
class Reader {
  readonly #request: EstimateRequest;
  readonly #sampler: Sampler;
  readonly #ledger: FrameLedger;
  readonly #ofPages: number;
  readonly #block: Uint8Array;
  readonly #words: Uint32Array;
  donePages = 0;

  constructor(request: EstimateRequest, sampler: Sampler, ledger: FrameLedger, ofPages: number) {
    this.#request = request;
    this.#sampler = sampler;
    this.#ledger = ledger;
    this.#ofPages = ofPages;
    this.#block = new Uint8Array(BLOCK_PAGES * request.pageSize);
    this.#words = new Uint32Array(this.#block.buffer);
  }

  async read(pid: number): Promise<ProcessEstimate | Refusal> {
    let memory: ProcessMemory | undefined;
    try {
      memory = this.#request.open(pid);
      return await this.#readAll(memory);
    } catch (error) {
      this.#sampler.dropProcess();
      return refusal(pid, memory?.comm, error);
    } finally {
      memory?.close();
    }
  }

  async #readAll(memory: ProcessMemory): Promise<ProcessEstimate | Refusal> {
    const { pid, comm } = memory;
    const { breathe, onProgress } = this.#request;
    const areas = [...memory.areas()];
    const count = { candidate: 0, offered: 0, zeroPage: 0, lost: 0 };
    for (const area of areas.filter(isCandidate)) {
      for (const run of privateRuns(memory, area)) {
        if (run === undefined) {
          onProgress?.(this.donePages, this.#ofPages);
          await breathe();
          continue;
        }
        const read = this.#readRun(memory, run, area);
        count.candidate += read.pages;
        if (area.offered) count.offered += read.pages;
        count.zeroPage += read.zeroPage;
        count.lost += read.lost;
        this.donePages += run.pages;
      }
    }
    if (memory.ended()) {
      this.#sampler.dropProcess();
      const error = new KsmpilotError('PROCESS_ABSENT', `process ${pid} ended while it was read`, {
        hint: 'What had been read of it does not count.',
      });
      return { pid, comm, state: 'gone', error };
    }
    const placedZeroPages = this.#request.placedZeroPages(pid);
    const { within, zeros } = this.#sampler.endProcess();
    const candidatePages = count.candidate;
    return {
      pid,
      comm,
      candidatePages,
      offeredPages: count.offered,
      hugePages: sum(areas.filter(isCandidate), ({ hugePages }) => hugePages),
      zeroPages: zeros,
      zeroPage: count.zeroPage,
      placedZeroPages,
      unfitPages: unfit(areas),
      swappedPages: sum(areas, ({ swappedPages }) => swappedPages),
      lostPages: count.lost,
      within: withinProcess(within, candidatePages, placedZeroPages ?? 0),
    };
  }

  #readRun(
    memory: ProcessMemory,
    run: PrivateRun,
    area: Area,
  ): { readonly pages: number; readonly zeroPage: number; readonly lost: number } {
    const { pageSize } = this.#request;
    const { zeroFrames } = this.#ledger;
    const pageWords = pageSize / 4;
    let [pages, zeroPage, lost] = [0, 0, 0];
    for (let at = 0; at < run.pages;) {
      const want = Math.min(BLOCK_PAGES, run.pages - at);
      const got = memory.content(run.firstPage + at, this.#block.subarray(0, want * pageSize)) / pageSize;
      for (let index = 0; index < got; index += 1) {
        const entry = (run.index + at + index) * 2;
        const [low = 0, high = 0] = [run.words[entry], run.words[entry + 1]];
        const frame = isExclusive(high) ? -1 : frameOf(low, high);
        const zero = frame >= 0 && zeroFrames.has(frame);
        if (!zero && this.#sampler.take(this.#words, index * pageWords, { offered: area.offered, frame })) pages += 1;
        else zeroPage += 1;
      }
      // The page after the last one read has gone; those behind it may be there.
      if (got < want) lost += 1;
      at += got < want ? got + 1 : want;
    }
    return { pages, zeroPage, lost };
  }
}

/** Nothing saves more than there is; what KSM has placed on the zero page is saved already. */
function withinProcess({ value, low, high }: ProcessFigures['within'], most: number, placed: number): Estimate {
  return { value: value + placed, low: low + placed, high: Math.max(value, Math.min(high, most)) + placed };
}

function withPlacedZeros(totals: TotalFigures, processes: readonly ProcessEstimate[]): TotalFigures {
  const placed = sum(processes, ({ placedZeroPages }) => placedZeroPages ?? 0);
  const most = sum(processes, ({ candidatePages }) => candidatePages);
  const offered = sum(processes, ({ offeredPages }) => offeredPages);
  return {
    all: withinProcess(totals.all, most, placed),
    offered: withinProcess(totals.offered, offered, placed),
    already: withinProcess(totals.already, offered, placed),
    within: withinProcess(totals.within, most, placed),
    across: withinProcess(totals.across, most, 0),
  };
}

function unfit(areas: readonly Area[]): number {
  return sum(areas, ({ residentPages, anonymousPages, hugetlbPages, obstacle }) => {
    return hugetlbPages + (obstacle === undefined ? residentPages - anonymousPages : residentPages);
  });
}

function sum<T>(of: readonly T[], figure: (one: T) => number): number {
  return of.reduce((total, one) => total + figure(one), 0);
}
