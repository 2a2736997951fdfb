/** What a bpftrace that ended said, as one line for a probe's state. Texts differ by version; the tests hold real ones. */

import type { BpftraceExit } from './bpftrace.js';

/** Says that it failed, not why: the line before it does. */
const OUTCOME = /^ERROR: (Error attaching probe|Unable to attach probe|Error loading program)/;
const WEAK = /WARNING|^HINT|^\s|^\^|^~+$|^$/;

/** How it ended, and the line of stderr that says most. */
export function describeExit({ code, signal, stderr }: BpftraceExit): string {
  const told = mainReason(stderr);
  if (code === undefined && signal === undefined) return `bpftrace ${told ?? 'could not be started'}`;
  const how = signal === undefined ? `ended with ${code ?? '?'}` : `was ended by ${signal}`;
  return told === undefined ? `bpftrace ${how}` : `bpftrace ${how}: ${told}`;
}

/** The program lay in a temporary folder that is gone. */
const FOLDER = /^\/\S*\/(?=program\.bt:)/;

/** The first error that names a cause; else the last line before the error that names none, and that error. */
function mainReason(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const cause = lines.find((line) => /ERROR|fatal error/.test(line) && !OUTCOME.test(line));
  if (cause !== undefined) return cause.trim().replace(FOLDER, '');
  const outcome = lines.findIndex((line) => OUTCOME.test(line));
  const before = lines.slice(0, Math.max(0, outcome)).findLast((line) => !WEAK.test(line));
  const told = [before, lines[outcome] ?? lines.at(-1)].filter((line) => line !== undefined);
  return told.length === 0 ? undefined : told.map((line) => line.trim()).join('; ');
}
