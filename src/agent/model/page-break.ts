/** COW breaks of single pages, as the programs of bpf/ note them for the side-channel watch (bpf/parts/watch.bt). */

export interface PageBreak {
  /** mm and page number as bpftrace prints them: one page of one address space. */
  readonly page: string;
  /** Page number in that address space: address / 4096. */
  readonly number: number;
  /** Whom the memory belongs to. */
  readonly pid: number;
  /** Frame number of the KSM page it was merged into: as long as anybody holds that, the same number is the same content. */
  readonly content: number;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly monoMs: number;
}

/** What one frame brought. */
export interface PageBreakFrame {
  readonly breaks: readonly PageBreak[];
  /** One page in this many is looked at now; a power of two. */
  readonly oneIn: number;
  /** Breaks of pages that were to be looked at, for which there was no room: cumulative in this run of bpftrace. */
  readonly missed: number;
}
