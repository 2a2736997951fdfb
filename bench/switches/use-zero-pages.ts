import { readFileSync } from 'node:fs';
import type { Guest } from '../../test/helpers/guest.js';
import { readVmstat } from '../../test/helpers/knobs.js';
import { savedPages, type Experiment } from './experiment.js';

const GUESTS = 4;
const ZERO = 16_411;
const OTHER = 4_099;
const BROKEN = 8_191;
const STEADY = 5;

export const useZeroPages: Experiment = {
  knob: 'use_zero_pages',
  workload: `${GUESTS} guests, each with ${ZERO} pages of zeros and ${OTHER} of its own; then each writes to ${BROKEN} zero pages`,
  values: [0, 1],
  async run({ guest, scanMs }) {
    const guests: Guest[] = [];
    for (let n = 0; n < GUESTS; n += 1) {
      const one = await guest();
      guests.push(one);
      await one.map(0, ZERO, 'zero');
      await one.map(1, OTHER, 'random');
    }
    const zeroBefore = savedPages();
    const firstMs = await scanMs(1);
    const mergeMs = await scanMs(1);
    const saved = savedPages() - zeroBefore;
    const steadyMs = (await scanMs(STEADY)) / STEADY;
    const rmapItems = guests.reduce((sum, { pid }) => sum + ksmStat(pid, 'ksm_rmap_items'), 0);
    const profitMib = guests.reduce((sum, { pid }) => sum + ksmStat(pid, 'ksm_process_profit'), 0) / 2 ** 20;
    const cowBefore = readVmstat('cow_ksm');
    let breakNs = 0;
    for (const one of guests) breakNs += (await one.write(0, 0, BROKEN)) / BROKEN / GUESTS;
    return {
      'saved pages': saved,
      'rmap items': rmapItems,
      'profit by ksm_stat, MiB': profitMib,
      'scan 1, ms': firstMs,
      'scan 2 (merges), ms': mergeMs,
      'later scans, ms each': steadyMs,
      'ns per write that breaks': breakNs,
      'breaks in cow_ksm': readVmstat('cow_ksm') - cowBefore,
    };
  },
};

function ksmStat(pid: number, key: string): number {
  return Number(new RegExp(`^${key} (-?\\d+)$`, 'm').exec(readFileSync(`/proc/${pid}/ksm_stat`, 'utf8'))?.[1]);
}
