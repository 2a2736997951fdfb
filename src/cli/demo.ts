import { refuseIfForeign } from '../agent/demo/foreign.js';
import { type DemoGuest, DemoGuests } from '../agent/demo/guests.js';
import { findVmHost } from '../agent/demo/vm-host.js';
import { VM_COUNT } from '../agent/demo/vm-plan.js';
import { DemoVms } from '../agent/demo/vms.js';
import { KsmpilotError } from '../agent/errors.js';
import { KernelReader } from '../agent/kernel/kernel-reader.js';
import { readHostFacts } from '../agent/kernel/host-facts.js';
import type { Log } from '../agent/log.js';

/** The demonstration guests of `run --demo`, checked but not started. */
export interface Demo {
  start(): Promise<void>;
  stop(): Promise<void>;
  describe(): readonly DemoGuest[];
  /** Bytes that KSM saves when everything equal among the guests is merged; of virtual machines, the least. */
  shareableBytes(): number;
}

export interface DemoOptions {
  readonly yes: boolean;
  /** How many virtual machines, as on the command line; undefined: processes. */
  readonly qemu?: string | undefined;
  readonly qemuKernel?: string | undefined;
  readonly log: Log;
}

/**
 * @throws KsmpilotError DEMO_REFUSED where somebody else's memory is mergeable and nobody said yes, or where this host
 *   lacks what virtual machines need; CONFIG_INVALID for a wrong number of them
 */
export function prepareDemo({ yes, qemu, qemuKernel, log }: DemoOptions): Demo {
  const machines = qemu === undefined ? undefined : machineCount(qemu);
  const host = machines === undefined ? undefined : findVmHost({ kernel: qemuKernel });
  const { ksm, processes, sources } = new KernelReader().readSample({ monoMs: performance.now() });
  const refusal = refuseIfForeign({
    processes,
    bookkeepingReadable: sources.some((source) => source.name === 'processes' && source.state === 'ok'),
    pages_sharing: ksm?.pages_sharing,
    yes,
  });
  if (refusal !== undefined) throw refusal;
  const maxPageSharing = ksm?.max_page_sharing;
  if (machines !== undefined && host !== undefined) return new DemoVms({ log, count: machines, host, maxPageSharing });
  return new DemoGuests({
    log,
    pageSize: readHostFacts().pageSize,
    maxPageSharing,
    useZeroPages: ksm?.use_zero_pages === 1,
  });
}

function machineCount(text: string): number {
  const { least, most } = VM_COUNT;
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new KsmpilotError('CONFIG_INVALID', `--qemu takes a whole number from ${least} to ${most}, not "${text}"`, {
    hint: 'try --qemu 3.',
  });
}
