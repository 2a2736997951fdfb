import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { errnoOf, KsmpilotError } from '../errors.js';
import type { KsmSysfs } from '../model/raw.js';
import { readRecord, unreadable } from './file.js';
import { parseCount, parseSelected, parseSigned } from './number.js';

/** Where KSM's files are, below the root. */
export const KSM_DIR = 'sys/kernel/mm/ksm';

/** How each file is read. The type makes a file that is forgotten here a compile error. */
const PARSERS: { readonly [File in keyof Required<KsmSysfs>]: (text: string, path: string) => KsmSysfs[File] } = {
  run: parseCount,
  pages_to_scan: parseCount,
  sleep_millisecs: parseCount,
  merge_across_nodes: parseCount,
  use_zero_pages: parseCount,
  max_page_sharing: parseCount,
  stable_node_chains_prune_millisecs: parseCount,
  smart_scan: parseCount,
  advisor_mode: parseSelected,
  advisor_max_cpu: parseCount,
  advisor_min_pages_to_scan: parseCount,
  advisor_max_pages_to_scan: parseCount,
  advisor_target_scan_time: parseCount,
  pages_shared: parseCount,
  pages_sharing: parseCount,
  pages_unshared: parseCount,
  pages_volatile: parseCount,
  pages_scanned: parseCount,
  pages_skipped: parseCount,
  full_scans: parseCount,
  ksm_zero_pages: parseCount,
  stable_node_chains: parseCount,
  stable_node_dups: parseCount,
  general_profit: parseSigned,
};

const FILES = Object.keys(PARSERS) as (keyof KsmSysfs)[];

export interface KsmReading {
  readonly values: KsmSysfs;
  /** One per file that is there and could not be read or understood; the other files are in `values`. */
  readonly failures: readonly KsmpilotError[];
}

/** Every file of /sys/kernel/mm/ksm that this kernel has; undefined where it has no KSM. Never throws. */
export function readKsmSysfs(root = '/'): KsmReading | undefined {
  const values: Partial<Record<keyof KsmSysfs, number | string>> = {};
  const failures: KsmpilotError[] = [];
  for (const file of FILES) {
    const path = join(root, KSM_DIR, file);
    try {
      const text = readRecord(path);
      if (text !== undefined) values[file] = PARSERS[file](text, path);
    } catch (error) {
      failures.push(error instanceof KsmpilotError ? error : unreadable(path, error));
    }
  }
  if (Object.keys(values).length === 0 && failures.length === 0) return undefined;
  return { values: values as KsmSysfs, failures };
}

/**
 * One file of /sys/kernel/mm/ksm; undefined where this kernel has no such file.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readKsmFile<File extends keyof KsmSysfs>(file: File, root = '/'): KsmSysfs[File] {
  const path = join(root, KSM_DIR, file);
  const text = readRecord(path);
  return text === undefined ? undefined : PARSERS[file](text, path);
}

/** Names of all files in /sys/kernel/mm/ksm, sorted, a distribution's extras included; undefined without KSM. */
export function listKsmFiles(root = '/'): readonly string[] | undefined {
  const dir = join(root, KSM_DIR);
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw unreadable(dir, error);
  }
}
