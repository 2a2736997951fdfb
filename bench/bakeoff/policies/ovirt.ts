import { readKsm, writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';
import { every } from './every.js';
import { shortMemory, type Memory } from './short-memory.js';

// oVirt runs MOM, the Memory Overcommitment Manager. Rule and constants: static/etc/vdsm/mom.d/03-ksm.policy of
// github.com/oVirt/vdsm (the same in doc/ksm.rules of github.com/oVirt/mom, which lacks the lower bound of the sleep).
const PAGES_BOOST = 300;
const PAGES_DECAY = -50;
const PAGES_MIN = 64;
const PAGES_MAX = 1250;
const SLEEP_MS_OF_16_GIB = 10;
const SLEEP_MS_MIN = 10;
const FREE_PART = 0.2;
/** policy-engine-interval in static/etc/vdsm/mom.conf.in. */
const INTERVAL_SEC = 15;
const KB_OF_16_GIB = 16 * 1024 * 1024;

export interface OvirtInput {
  /** `freeKb`: the mean over the last ten looks (sample-history-length). */
  readonly memory: Memory;
  /** Virtual size of all qemu processes, kB. */
  readonly committedKb: number;
  readonly pagesToScan: number;
}

export type OvirtKnobs = { readonly run: 0 } | { readonly run: 1; readonly pages: number; readonly sleepMs: number };

/** One evaluation of the policy, without its part for NUMA (merge_across_nodes stays as it is here). */
export function ovirtStep({ memory: { totalKb, freeKb }, committedKb, pagesToScan }: OvirtInput): OvirtKnobs {
  const threshold = totalKb * FREE_PART;
  if (threshold + committedKb < totalKb && freeKb > threshold) return { run: 0 };
  const pages = pagesToScan + (freeKb < threshold ? PAGES_BOOST : PAGES_DECAY);
  return {
    run: 1,
    pages: Math.min(PAGES_MAX, Math.max(PAGES_MIN, pages)),
    sleepMs: Math.max(SLEEP_MS_MIN, Math.floor((SLEEP_MS_OF_16_GIB * KB_OF_16_GIB) / totalKb)),
  };
}

/** First look at the start of the window (MOM's own phase is random), then each 15 s. */
export const ovirt: Policy = {
  name: 'ovirt',
  title: "oVirt's rule (MOM), as on a host short of memory",
  obstacle: () => Promise.resolve(undefined),
  start({ signal }) {
    const look = (): void => {
      const next = ovirtStep({ memory: shortMemory(), committedKb: 0, pagesToScan: readKsm('pages_to_scan') });
      writeKnobs(next.run === 0 ? next : { run: 1, pages_to_scan: next.pages, sleep_millisecs: next.sleepMs });
    };
    look();
    return Promise.resolve(every(INTERVAL_SEC * 1000, signal, look));
  },
};
