import { join } from 'node:path';

import type { Meminfo } from '../model/raw.js';
import { malformed, readWhole } from './file.js';
import { parseCount } from './number.js';

const FIELDS = ['MemTotal', 'MemFree', 'MemAvailable', 'SwapTotal', 'SwapFree', 'AnonPages'] as const;

/** @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED */
export function readMeminfo(root = '/'): Meminfo | undefined {
  const path = join(root, 'proc/meminfo');
  const text = readWhole(path);
  return text === undefined ? undefined : parseMeminfo(text, path);
}

/**
 * Sample; a field that is not there stays absent:
 *
 *     MemTotal:       24684084 kB
 *     MemFree:        23943188 kB
 */
export function parseMeminfo(text: string, path: string): Meminfo {
  const values: Partial<Record<keyof Meminfo, number>> = {};
  for (const field of FIELDS) {
    const line = new RegExp(`^${field}:(.*)$`, 'm').exec(text);
    if (line === null) continue;
    const amount = /^(.*) kB\s*$/.exec(line[1] ?? '');
    if (amount === null) throw malformed(path, line[0], 'a number of kB');
    values[field] = parseCount(amount[1] ?? '', path);
  }
  return values;
}
