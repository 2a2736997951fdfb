import { readKsm } from '../../test/helpers/knobs.js';
import { savedPages, type Experiment } from './experiment.js';

const GUESTS = 3;
const SAME = 20_011;
/** With those of the guest that joins a multiple of both limits: then every KSM page of the content is full. */
const JOINING = 40 * 2048 - GUESTS * SAME;
const OTHER = 8_209;
const STEADY = 5;

export const maxPageSharing: Experiment = {
  knob: 'max_page_sharing',
  workload:
    `${GUESTS} guests with ${SAME} pages of one content, one with ${OTHER} pages without a copy; then a guest with ` +
    `${JOINING} more joins and all ${40 * 2048} places are taken`,
  values: [256, 2048],
  async run({ guest, scanMs }) {
    await (await guest()).map(0, OTHER, 'random');
    for (let n = 0; n < GUESTS; n += 1) await (await guest()).map(0, SAME, 'same', 1);
    const firstMs = await scanMs(1);
    const mergeMs = await scanMs(1);
    const steadyMs = (await scanMs(STEADY)) / STEADY;
    await (await guest()).map(0, JOINING, 'same', 1);
    const joinMs = (await scanMs(2)) - 2 * steadyMs;
    const fullMs = (await scanMs(STEADY)) / STEADY;
    return {
      'saved pages': savedPages(),
      pages_shared: readKsm('pages_shared'),
      stable_node_chains: readKsm('stable_node_chains'),
      stable_node_dups: readKsm('stable_node_dups'),
      'scan 1, ms': firstMs,
      'scan 2 (merges), ms': mergeMs,
      'later scans, ms each': steadyMs,
      'a guest joins, ms more': joinMs,
      'later scans with all places taken, ms each': fullMs,
    };
  },
};
