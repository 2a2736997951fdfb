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
import { type Defines, joinPrograms, renderProgram } from './program.js';

export interface LayoutOptions {
  readonly bpftracePath: string;
  readonly root: string;
  readonly pagingLevels: 4 | 5;
  /** Text of a file in bpf/. */
  readonly readProgram: (file: string) => string;
}

/** Values for the defines of bpf/cow_walk.bt, and how the bases were found. Rejects with PROBE_UNSUPPORTED. */
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

/** /proc/kallsyms, then /proc/kcore, then measuring. */
async function findBases(options: LayoutOptions): Promise<[Bases, string]> {
  if (listsBases(options.root)) {
    const { bases } = await askProgram(options, 'bases.bt', {});
    if (bases !== undefined) return [bases, '/proc/kallsyms'];
  }
  const kcore = readKcore(join(options.root, 'proc/kcore'));
  if (kcore !== undefined) return [kcore, '/proc/kcore'];
  let said = '';
  for (let attempt = 0; attempt < CALIBRATIONS; attempt += 1) {
    const answer = await askProgram(options, 'calibrate.bt', { TOP_SHIFT: topShift(options.pagingLevels) });
    if (answer.bases !== undefined) return [answer.bases, 'bpf/calibrate.bt'];
    said = answer.said;
  }
  throw new KsmpilotError(
    'PROBE_UNSUPPORTED',
    'page_offset_base and vmemmap_base are not in /proc/kallsyms nor /proc/kcore, and could not be measured ' +
      `(bpftrace said: ${said === '' ? 'nothing' : said})`,
    { hint: 'run `bpftrace bpf/calibrate.bt` to see why' },
  );
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
    program: joinPrograms([renderProgram(options.readProgram(file), defines)]),
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
const SAID_MAX = 200;

/** Fresh memory is a page fault at its first touch. */
const FAULT_BYTES = 256 * 1024;
const FAULT_EVERY_MS = 50;
const ASK_TIMEOUT_MS = 15_000;

function topShift(pagingLevels: 4 | 5): number {
  return pagingLevels === 5 ? 48 : 39;
}

function listsBases(root: string): boolean {
  try {
    const symbols = readFileSync(join(root, 'proc/kallsyms'), 'latin1');
    return symbols.includes(' page_offset_base\n') && symbols.includes(' vmemmap_base\n');
  } catch {
    return false;
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
