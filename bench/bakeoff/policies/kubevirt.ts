import { readKsm, writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';
import { every } from './every.js';
import { shortMemory, type Memory } from './short-memory.js';

// Rule and constants: calculateNewRunSleepAndPages in pkg/virt-handler/ksm/ksm.go of github.com/kubevirt/kubevirt.
const PAGES_BOOST = 300;
const PAGES_DECAY = -50;
const PAGES_MIN = 64;
const PAGES_MAX = 1250;
const PAGES_INIT = 100;
const SLEEP_MS_OF_16_GIB = 100;
const SLEEP_MS_MIN = 10;
const FREE_PART = 0.2;
const KB_OF_16_GIB = 16 * 1024 * 1024;
/**
 * The handler's own timer is three minutes, but any change of the node's annotations makes it look at once, and the
 * heartbeat changes one each 60 to 132 s (pkg/virt-handler/heartbeat/heartbeat.go). The shortest of these.
 */
const INTERVAL_SEC = 60;

export interface KubevirtInput {
  /** `freeKb`: MemAvailable. */
  readonly memory: Memory;
  readonly running: boolean;
  readonly pagesToScan: number;
}

/** What it writes; with `running` false it writes `run` only. */
export interface KubevirtKnobs {
  readonly running: boolean;
  readonly pages: number;
  readonly sleepMs: number;
}

export function kubevirtStep({ memory: { totalKb, freeKb }, running, pagesToScan }: KubevirtInput): KubevirtKnobs {
  const sleepMs = Math.max(SLEEP_MS_MIN, Math.floor((SLEEP_MS_OF_16_GIB * KB_OF_16_GIB) / (totalKb - freeKb)));
  if (freeKb > totalKb * FREE_PART) {
    const pages = pagesToScan + PAGES_DECAY;
    return { running: running && pages >= PAGES_MIN, pages: Math.max(PAGES_MIN, pages), sleepMs };
  }
  if (!running) return { running: true, pages: PAGES_INIT, sleepMs };
  return { running: true, pages: Math.min(PAGES_MAX, pagesToScan + PAGES_BOOST), sleepMs };
}

/**
 * Starts with two looks: the first switches KSM on, which changes the node's annotation `ksm-handler-managed`, which makes
 * the handler look again at once.
 */
export const kubevirt: Policy = {
  name: 'kubevirt',
  title: "KubeVirt's rule (virt-handler), as on a host short of memory",
  obstacle: () => Promise.resolve(undefined),
  start({ signal }) {
    const look = (): void => {
      const next = kubevirtStep({
        memory: shortMemory(),
        running: readKsm('run') === 1,
        pagesToScan: readKsm('pages_to_scan'),
      });
      writeKnobs(next.running ? { run: 1, pages_to_scan: next.pages, sleep_millisecs: next.sleepMs } : { run: 0 });
    };
    look();
    look();
    return Promise.resolve(every(INTERVAL_SEC * 1000, signal, look));
  },
};
