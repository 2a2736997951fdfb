/** One screen of `ksmpilot top`. Pure. */

import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import { formatClock, printable } from './format.js';
import { estimateNote } from './format-breaks.js';
import type { Paint } from './format-colour.js';
import { KNOBS } from './format-json.js';
import { processLines, sortProcesses, type SortKey } from './format-ps.js';
import { figures, headline, missingNotes } from './format-status.js';
import { formatTable } from './format-table.js';
import { reasonOf } from './format-tune.js';

/** What one refresh knows. */
export interface TopData {
  readonly status: Status__Output;
  readonly host: Host__Output;
  readonly processes: readonly Process__Output[];
}

export interface TopView {
  readonly sort: SortKey;
  readonly paint: Paint;
  /** Why the newest refresh failed; the data is then that of an earlier one. */
  readonly problem?: string | undefined;
  /** Said in the last line, such as which keys there are. */
  readonly footer?: string | undefined;
}

/** All lines, processes last: a screen that is too short cuts the processes that save least. */
export function topLines({ status, host, processes }: TopData, { sort, paint, problem, footer }: TopView): string[] {
  const at = status.sample === null ? 'no sample yet' : formatClock(status.sample.time_ms);
  const knobs = status.sample?.knobs;
  const knobText = KNOBS.filter((knob) => knobs?.[knob] !== undefined)
    .map((knob) => `${knob} ${String(knobs?.[knob])}`)
    .join('  ');
  const note = estimateNote(processes, status.sample?.cow);
  return [
    `${headline(status, host, paint)}  ${at}`,
    ...formatTable([{ head: '' }, { head: '' }], figures(status)).slice(1),
    knobText === '' ? 'knobs not known' : knobText,
    ...(status.decision === null ? [] : [`tuner: ${reasonOf(status.decision)}`]),
    ...(note === undefined ? [] : [note]),
    ...missingNotes(status.probes).map((note) => paint.yellow(note)),
    ...(problem === undefined ? [] : [paint.red(printable(problem))]),
    ...(footer === undefined ? [] : [paint.dim(footer)]),
    '',
    ...processLines(sortProcesses(processes, sort), paint),
    ...(processes.length === 0 ? ['no process on this host has offered memory to KSM'] : []),
  ];
}
