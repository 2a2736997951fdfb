import { readdirSync } from 'node:fs';
import { readKsm, writeKnobs } from '../../test/helpers/knobs.js';
import { savedPages, type Experiment } from './experiment.js';

const PAGES = 20_011;
const STEADY = 5;

export const mergeAcrossNodes: Experiment = {
  knob: 'merge_across_nodes',
  workload: `2 guests with ${PAGES} equal pages, wherever the kernel places them`,
  values: [0, 1],
  async run({ guest, scanMs }) {
    for (let n = 0; n < 2; n += 1) await (await guest()).map(0, PAGES, 'unique', 1);
    const mergeMs = await scanMs(2);
    const steadyMs = (await scanMs(STEADY)) / STEADY;
    return {
      'nodes with memory': readdirSync('/sys/devices/system/node').filter((name) => /^node\d+$/.test(name)).length,
      'saved pages': savedPages(),
      'scans 1 and 2, ms': mergeMs,
      'later scans, ms each': steadyMs,
      'change refused while shared': refusedNow() ? 1 : 0,
    };
  },
};

function refusedNow(): boolean {
  const value = readKsm('merge_across_nodes');
  try {
    writeKnobs({ merge_across_nodes: 1 - value });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBUSY';
  }
  writeKnobs({ merge_across_nodes: value });
  return false;
}
