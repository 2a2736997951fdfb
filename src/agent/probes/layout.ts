/**
 * The constants of the running kernel that the page-table walk needs. None is decided by version: the bases are read or
 * measured, and the mm's flags are taken as the kernel's own type information declares them.
 */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { launchBpftrace, listStruct } from './bpftrace.js';
import { type Bases, parseKcoreBases } from './kcore.js';
import { parseLine } from './line.js';
import { composeProgram, type Defines, joinPrograms, renderProgram } from './program.js';

export interface LayoutOptions {
  readonly bpftracePath: string;
  readonly root: string;
  readonly pagingLevels: 4 | 5;
  /** Text of a file in bpf/. */
  readonly readProgram: (file: string) => string;
}

/** Values for the defines of the COW programs, and how the bases were found. Rejects with PROBE_UNSUPPORTED. */
export async function findLayout(options: LayoutOptions): Promise<{ defines: Defines; basesFrom: string }> {
  const [mergeable, [bases, basesFrom]] = await Promise.all([
    listStruct(options.bpftracePath, 'mm_struct').then(mergeableExpression),
    findBases(options),
  ]);
  return {
    defines: {
      PAGE_OFFSET_BASE: bases.pageOffset,
      VMEMMAP_BASE: bases.vmemmap,
      TOP_SHIFT: topShift(options.pagingLevels),
      MERGEABLE: mergeable,
      UNMERGE: unmergeExpression(readOrEmpty(join(options.root, 'sys/kernel/btf/vmlinux'))),
    },
    basesFrom,
  };
}

/**
 * How to test MMF_VM_MERGEABLE (bit 16, include/linux/mm_types.h) in `$flags`, by the declaration of struct mm_struct:
 * `unsigned long flags` up to Linux 6.17, `mm_flags_t flags` from 6.18.
 */
export function mergeableExpression(declaration: string): string {
  const type = /^\s*(\S.*?)\s+flags;/m.exec(declaration)?.[1];
  if (type === 'mm_flags_t') return '($flags.__mm_flags[0] & 0x10000)';
  if (type !== undefined && /^(long unsigned int|unsigned long)$/.test(type)) return '($flags & 0x10000)';
  throw new KsmpilotError(
    'PROBE_UNSUPPORTED',
    type === undefined
      ? 'no declaration of struct mm_struct with flags (no BTF?)'
      : `struct mm_struct declares its flags as ${type}`,
    { hint: 'run a kernel with CONFIG_DEBUG_INFO_BTF' },
  );
}

/**
 * How to tell break_ksm by the fault flags, in `$fault`, of a remote fault. Linux 6.2 removed VM_FAULT_WRITE and made
 * break_ksm ask for FAULT_FLAG_UNSHARE in one series (mm/ksm.c); before, it asked for a write, as ptrace does.
 */
export function unmergeExpression(btf: string): string {
  return btf.includes('\0VM_FAULT_WRITE\0') ? '(($fault & 0x14) == 0)' : '(($fault & 0x414) == 0x400)';
}

/**
 * From /proc/kallsyms, /proc/kcore, or measured. Where both files tell, they must agree: wrong bases would make every
 * page look like another, so a difference is settled by measuring.
 */
async function findBases(options: LayoutOptions): Promise<[Bases, string]> {
  const kallsyms = listsBases(options.root) ? (await askProgram(options, 'bases.bt', {})).bases : undefined;
  const kcore = readKcore(join(options.root, 'proc/kcore'));
  const told = [kallsyms, kcore].filter((bases) => bases !== undefined && isPlausible(bases));
  const [first, second] = told;
  if (first !== undefined && (second === undefined || areEqual(first, second))) {
    return [
      first,
      [first === kallsyms ? '/proc/kallsyms' : '', told.includes(kcore) ? '/proc/kcore' : '']
        .filter((name) => name !== '')
        .join(' and '),
    ];
  }
  let said = '';
  for (let attempt = 0; attempt < CALIBRATIONS; attempt += 1) {
    const answer = await askProgram(options, 'calibrate.bt', { TOP_SHIFT: topShift(options.pagingLevels) });
    if (answer.bases !== undefined) return [answer.bases, 'bpf/calibrate.bt'];
    said = answer.said;
  }
  const where =
    first === undefined ? 'are not in /proc/kallsyms nor /proc/kcore' : 'differ in /proc/kallsyms and /proc/kcore';
  throw new KsmpilotError(
    'PROBE_UNSUPPORTED',
    `page_offset_base and vmemmap_base ${where}, and could not be measured ` +
      `(bpftrace said: ${said === '' ? 'nothing' : said})`,
    { hint: 'run `bpftrace bpf/calibrate.bt` to see why' },
  );
}

/** KASLR moves the bases in steps of 1 GiB, in the kernel's half of the address space; a read that failed is zeros. */
function isPlausible({ pageOffset, vmemmap }: Bases): boolean {
  return [pageOffset, vmemmap].every((base) => BigInt(base) >= KERNEL_HALF && BigInt(base) % GIB === 0n);
}

function areEqual(a: Bases, b: Bases): boolean {
  return BigInt(a.pageOffset) === BigInt(b.pageOffset) && BigInt(a.vmemmap) === BigInt(b.vmemmap);
}

interface Answer {
  readonly bases: Bases | undefined;
  /** The last line that was no answer. */
  readonly said: string;
}

/** Runs a program that prints the bases and ends; its calibration waits for page faults, so we make some meanwhile. */
async function askProgram(options: LayoutOptions, file: string, defines: Defines): Promise<Answer> {
  let bases: Bases | undefined;
  let said = '';
  const child = launchBpftrace({
    path: options.bpftracePath,
    program: joinPrograms([renderProgram(composeProgram(file, options.readProgram), defines)]),
    mapKeys: 64,
    onLine: (line) => {
      const message = parseLine(line);
      if (message?.kind === 'unparsed') said = message.text.slice(0, SAID_MAX);
      if (message?.kind !== 'bases') return;
      bases ??= message;
      child.stop(); // 0.17 would wait for the next event before it obeys exit()
    },
    onStderrLine: (line) => {
      said = line.slice(0, SAID_MAX);
    },
  });
  const faults = setInterval(() => Buffer.allocUnsafeSlow(FAULT_BYTES).fill(1), FAULT_EVERY_MS);
  const timeout = setTimeout(() => {
    child.stop();
  }, ASK_TIMEOUT_MS);
  try {
    await child.exited;
  } finally {
    clearInterval(faults);
    clearTimeout(timeout);
  }
  return { bases, said };
}

/** Seen once in hundreds of starts on a loaded machine: a calibration that found nothing, and the next one did. */
const CALIBRATIONS = 3;
const GIB = 1n << 30n;
const KERNEL_HALF = 0xff00000000000000n;
const SAID_MAX = 200;

/** Fresh memory is a page fault at its first touch. */
const FAULT_BYTES = 256 * 1024;
const FAULT_EVERY_MS = 50;
/** bpftrace starts in a second or two; on a starved or emulated machine in a minute. */
const ASK_TIMEOUT_MS = 90_000;

function topShift(pagingLevels: 4 | 5): number {
  return pagingLevels === 5 ? 48 : 39;
}

/** With kptr_restrict=2 the names are there, and their addresses are zeros. */
function listsBases(root: string): boolean {
  const symbols = readOrEmpty(join(root, 'proc/kallsyms'));
  return /^0*[1-9a-f]\w* \w page_offset_base$/m.test(symbols) && /^0*[1-9a-f]\w* \w vmemmap_base$/m.test(symbols);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readKcore(path: string): Bases | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const head = Buffer.alloc(64 * 1024);
    return parseKcoreBases(head.subarray(0, readSync(file, head, 0, head.length, 0)));
  } catch {
    return undefined; // absent, or refused under lockdown: measuring is next
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
