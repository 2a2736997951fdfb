import { malformed } from '../kernel/file.js';

/** One mapping of a process, from /proc/PID/smaps. Lengths are in pages of the base size. */
export interface Area {
  /** Virtual address divided by the page size. */
  readonly firstPage: number;
  readonly pages: number;
  /** `[heap]`, `[stack]`, a file's path, `[anon:NAME]`; empty for unnamed memory. Chosen by the process. */
  readonly name: string;
  /** Is it offered to KSM (VmFlags `mg`)? */
  readonly offered: boolean;
  /** Why KSM could not merge anything of it even if it were offered. */
  readonly obstacle: Obstacle | undefined;
  readonly residentPages: number;
  /** Private pages present, KSM pages among them. */
  readonly anonymousPages: number;
  /** Of these, in transparent huge pages of full size. */
  readonly hugePages: number;
  readonly swappedPages: number;
  /** In pages of hugetlbfs, which `residentPages` leaves out. */
  readonly hugetlbPages: number;
}

export type Obstacle = 'shared' | 'hugetlb' | 'device';

/**
 * What VmFlags rule out, after vma_ksm_compatible in mm/ksm.c: shared or could be (VM_SHARED, VM_MAYSHARE), huge pages,
 * and VM_SPECIAL (IO, DONTEXPAND, PFNMAP, MIXEDMAP).
 */
const OBSTACLES: Readonly<Record<string, Obstacle>> = {
  sh: 'shared',
  ms: 'shared',
  ht: 'hugetlb',
  io: 'device',
  de: 'device',
  pf: 'device',
  mm: 'device',
};

/** Which line counts to which figure; two of them add up to `hugetlbPages`. */
const FIGURES: Readonly<Record<string, keyof Figures>> = {
  Rss: 'residentPages',
  Anonymous: 'anonymousPages',
  AnonHugePages: 'hugePages',
  Swap: 'swappedPages',
  Shared_Hugetlb: 'hugetlbPages',
  Private_Hugetlb: 'hugetlbPages',
};

type Figures = { -readonly [Figure in keyof Area as Area[Figure] extends number ? Figure : never]: number };

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$/;
const FIGURE = /^(\w+): +(\d+) kB$/;

/**
 * /proc/PID/smaps, area by area. Lines of other kernels that are not known are passed over.
 *
 * Sample (an area has about 25 lines, VmFlags last):
 *
 *     7f1bbe000000-7f1c3e000000 rw-p 00000000 00:00 0                          [anon:guest RAM]
 *     Rss:             2097152 kB
 *     Anonymous:       2097152 kB
 *     AnonHugePages:    104448 kB
 *     Swap:                  0 kB
 *     VmFlags: rd wr mr mw me ac sd mg
 *
 * @throws KsmpilotError KSM_FILE_MALFORMED
 */
export function* parseAreas(lines: Iterable<string>, pageSize: number, path: string): Generator<Area> {
  let figures: Figures | undefined;
  let name = '';
  for (const line of lines) {
    const figure = FIGURE.exec(line);
    if (figure !== null) {
      const target = FIGURES[figure[1] ?? ''];
      if (target !== undefined && figures !== undefined) figures[target] += (Number(figure[2]) * 1024) / pageSize;
      continue;
    }
    if (line.startsWith('VmFlags:')) {
      if (figures === undefined) throw malformed(path, line, 'an area before its VmFlags');
      const flags = line.slice('VmFlags:'.length).trim().split(/ +/);
      const obstacle = flags.map((flag) => OBSTACLES[flag]).find((found) => found !== undefined);
      yield { ...figures, name, offered: flags.includes('mg'), obstacle };
      figures = undefined;
      continue;
    }
    const header = HEADER.exec(line);
    if (header === null) continue;
    const firstPage = toPage(header[1] ?? '', pageSize);
    name = header[3] ?? '';
    figures = {
      firstPage,
      pages: toPage(header[2] ?? '', pageSize) - firstPage,
      residentPages: 0,
      anonymousPages: 0,
      hugePages: 0,
      swappedPages: 0,
      hugetlbPages: 0,
    };
  }
}

/** Addresses reach 2^64, page numbers fit a double. */
function toPage(hex: string, pageSize: number): number {
  return Number(BigInt(`0x${hex}`) / BigInt(pageSize));
}
