import { refuseIfForeign } from '../agent/demo/foreign.js';
import { type DemoGuest, DemoGuests } from '../agent/demo/guests.js';
import { KernelReader } from '../agent/kernel/kernel-reader.js';
import { readHostFacts } from '../agent/kernel/host-facts.js';
import type { Log } from '../agent/log.js';

/** The demonstration guests of `run --demo`, checked but not started. */
export interface Demo {
  start(): Promise<void>;
  stop(): Promise<void>;
  describe(): readonly DemoGuest[];
  /** Bytes that KSM saves when everything equal among the guests is merged. */
  shareableBytes(): number;
}

/** @throws KsmpilotError DEMO_REFUSED where somebody else's memory is mergeable and nobody said yes */
export function prepareDemo(options: { readonly yes: boolean; readonly log: Log }): Demo {
  const { ksm, processes, sources } = new KernelReader().readSample({ monoMs: performance.now() });
  const refusal = refuseIfForeign({
    processes,
    bookkeepingReadable: sources.some((source) => source.name === 'processes' && source.state === 'ok'),
    pages_sharing: ksm?.pages_sharing,
    yes: options.yes,
  });
  if (refusal !== undefined) throw refusal;
  return new DemoGuests({
    log: options.log,
    pageSize: readHostFacts().pageSize,
    maxPageSharing: ksm?.max_page_sharing,
    useZeroPages: ksm?.use_zero_pages === 1,
  });
}
