/**
 * May demonstration guests be started here? They make the tuner drive the scanner, and their figures would mix with
 * those of real guests: on a host where somebody else's memory is mergeable they need an explicit yes.
 */

import { KsmpilotError } from '../errors.js';
import type { ProcessRaw } from '../model/raw.js';

export interface ForeignView {
  /** Processes with KSM bookkeeping, as the process scan found them. */
  readonly processes: readonly ProcessRaw[];
  /** Could /proc/PID/ksm_stat be read at all? Not without root, and not before kernel 6.1. */
  readonly bookkeepingReadable: boolean;
  /** /sys/kernel/mm/ksm/pages_sharing. */
  readonly pages_sharing?: number | undefined;
  /** Our own guests, if any run. */
  readonly ownPids?: ReadonlySet<number>;
  /** `--yes` */
  readonly yes: boolean;
}

/** Names listed in the refusal. */
const NAMES_SHOWN = 3;

/**
 * Pure. `pages_sharing` decides only where processes cannot be looked at: it is lazy, and after the end of an earlier
 * demonstration with the scanner stopped it keeps counting pages of processes that are gone.
 *
 * @returns the error to raise, or undefined when guests may be started
 */
export function refuseIfForeign(view: ForeignView): KsmpilotError | undefined {
  if (view.yes) return undefined;
  const foreign = view.processes.filter((process) => offersMemory(process) && view.ownPids?.has(process.pid) !== true);
  if (foreign.length > 0) {
    const names = foreign.slice(0, NAMES_SHOWN).map((process) => `${process.comm} (pid ${process.pid})`);
    const more = foreign.length > NAMES_SHOWN ? ` and ${foreign.length - NAMES_SHOWN} more` : '';
    return refusal(`memory of other processes is mergeable on this host: ${names.join(', ')}${more}`);
  }
  if (!view.bookkeepingReadable && (view.pages_sharing ?? 0) > 0) {
    return refusal(`${view.pages_sharing ?? 0} pages are merged on this host, and whose they are cannot be read`);
  }
  return undefined;
}

function offersMemory(process: ProcessRaw): boolean {
  return (
    process.ksm_mergeable === true ||
    process.ksm_merge_any === true ||
    (process.ksm_merging_pages ?? 0) > 0 ||
    (process.ksm_rmap_items ?? 0) > 0 ||
    (process.ksm_zero_pages ?? 0) > 0
  );
}

function refusal(what: string): KsmpilotError {
  return new KsmpilotError('DEMO_REFUSED', `demonstration guests are not started: ${what}`, {
    hint: 'run without --demo to watch what is there, or add --yes to start the guests all the same.',
  });
}
