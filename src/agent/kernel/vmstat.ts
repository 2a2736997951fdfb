import { join } from 'node:path';

import type { Vmstat } from '../model/raw.js';
import { readWhole } from './file.js';
import { parseCount } from './number.js';

/**
 * The KSM lines of /proc/vmstat and `pgfault`; undefined where the file does not exist, an absent field where the line does not
 * (`ksm_swpin_copy` came with 5.18, `cow_ksm` with 5.19).
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readVmstat(root = '/'): Vmstat | undefined {
  const path = join(root, 'proc/vmstat');
  const text = readWhole(path);
  return text === undefined ? undefined : parseVmstat(text, path);
}

/**
 * Sample, one name and one number a line:
 *
 *     ksm_swpin_copy 0
 *     pgfault 914206
 *     cow_ksm 26214
 */
export function parseVmstat(text: string, path: string): Vmstat {
  const count = (name: keyof Vmstat): Vmstat => {
    const value = new RegExp(`^${name}(?: (.*))?$`, 'm').exec(text);
    return value === null ? {} : { [name]: parseCount(value[1] ?? '', path) };
  };
  return { ...count('cow_ksm'), ...count('ksm_swpin_copy'), ...count('pgfault') };
}
