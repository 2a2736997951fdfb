import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { readRecord } from '../kernel/file.js';
import { readHostFacts } from '../kernel/host-facts.js';
import { readKsmFile } from '../kernel/ksm-sysfs.js';
import { listPids, parseKsmStat, pidDir } from '../kernel/pid.js';
import type { MergeRules } from './merge-rules.js';
import { randomFrom, type Random } from './random.js';

/** `max_page_sharing` of mainline kernels; where the file is missing (before 4.12) there is no limit. */
const NO_LIMIT = 2 ** 31;

/** What of this host an estimate or a map rests on. */
export interface MemoryHost {
  readonly pageSize: number;
  /** As KSM's switches are now; the kernel's defaults where there is no KSM. */
  readonly rules: MergeRules;
  readonly ksmPresent: boolean;
}

/** @throws KsmpilotError NOT_ROOT, KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED */
export function readMemoryHost(root = '/'): MemoryHost {
  const { pageSize, ksmPresent, root: isRoot } = readHostFacts(root);
  if (!isRoot) {
    throw new KsmpilotError('NOT_ROOT', "the kernel shows page frames and other processes' memory to root only", {
      hint: 'Run it with sudo.',
    });
  }
  const maxPageSharing = ksmPresent ? (readKsmFile('max_page_sharing', root) ?? NO_LIMIT) : 256;
  return { pageSize, ksmPresent, rules: { maxPageSharing, useZeroPages: readKsmFile('use_zero_pages', root) === 1 } };
}

/** All processes but this one, ascending. */
export function otherPids(root = '/'): number[] {
  return listPids(join(root, 'proc')).filter((pid) => pid !== process.pid);
}

/** Zero pages that KSM has placed in a process; undefined where the kernel does not tell (before 6.6). */
export function readPlacedZeroPages(pid: number, root = '/'): number | undefined {
  const path = join(pidDir(root, pid), 'ksm_stat');
  const text = readRecord(path);
  return text === undefined ? undefined : parseKsmStat(text, path).ksm_zero_pages;
}

/** Seeded by the kernel's generator, anew for each run. */
export function freshRandom(): Random {
  return randomFrom(randomFillSync(new Uint32Array(4)));
}
