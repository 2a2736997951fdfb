import { readKsm } from '../../test/helpers/knobs.js';
import type { Experiment } from './experiment.js';

const PAGES = 40_009;
/** Full scans after which ksmd looks at a page every 9th time; see docs/smart-scan.md. */
const AGED = 23;
/** Twice the period of an aged page. */
const STEADY = 18;

export const smartScan: Experiment = {
  knob: 'smart_scan',
  workload: `one guest with ${PAGES} pages that have no copy, ${AGED} full scans old`,
  values: [0, 1],
  async run({ guest, scanMs, scans }) {
    await (await guest()).map(0, PAGES, 'random');
    const agingMs = (await scanMs(AGED)) / AGED;
    const [scanned, skipped] = [readKsm('pages_scanned'), readKsm('pages_skipped')];
    let worstMs = 0;
    let sumMs = 0;
    for (let scan = 0; scan < STEADY; scan += 1) {
      const before = scans.cpuNs();
      await scans.step();
      const ms = (scans.cpuNs() - before) / 1e6;
      worstMs = Math.max(worstMs, ms);
      sumMs += ms;
    }
    return {
      [`scans 1 to ${AGED}, ms each`]: agingMs,
      'later scans, ms each': sumMs / STEADY,
      'longest of them, ms': worstMs,
      'looked at per scan': (readKsm('pages_scanned') - scanned) / STEADY,
      'skipped per scan': (readKsm('pages_skipped') - skipped) / STEADY,
    };
  },
};
