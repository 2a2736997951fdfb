import { join } from 'node:path';

import type { Psi, PsiLine } from '../model/raw.js';
import { malformed, readWhole } from './file.js';

/**
 * /proc/pressure/cpu or memory (Documentation/accounting/psi.rst); undefined on a kernel without PSI or with it
 * switched off (`psi=1` on the kernel's command line switches it on).
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readPsi(resource: 'cpu' | 'memory', root = '/'): Psi | undefined {
  const path = join(root, 'proc/pressure', resource);
  const text = readWhole(path);
  return text === undefined ? undefined : parsePsi(text, path);
}

/**
 * Sample; `cpu` has no `full` line before 5.13:
 *
 *     some avg10=2.19 avg60=0.63 avg300=0.14 total=2936098
 *     full avg10=2.14 avg60=0.59 avg300=0.13 total=2713603
 */
export function parsePsi(text: string, path: string): Psi {
  const psi: { some?: PsiLine; full?: PsiLine } = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=(\d+)\s*$/.exec(line);
    const kind = match?.[1];
    const [avg10, avg60, avg300, total] = (match ?? []).slice(2).map(Number);
    if (
      (kind !== 'some' && kind !== 'full') ||
      !isNumber(avg10) ||
      !isNumber(avg60) ||
      !isNumber(avg300) ||
      !isNumber(total)
    ) {
      throw malformed(path, line, '"some|full avg10=N avg60=N avg300=N total=N"');
    }
    psi[kind] = { avg10, avg60, avg300, total };
  }
  return psi;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}
