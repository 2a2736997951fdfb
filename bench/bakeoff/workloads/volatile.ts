import type { Cycle } from './plan.js';
import { planned } from './script.js';

const SHORT_LIVED = 1;
/** Every page gets new content every 2 s. */
const rewritten: Cycle = {
  kind: 'cycle',
  periodMs: 2000,
  sharedMs: [0, 0],
  library: SHORT_LIVED,
  libraryPages: 2 ** 31 - 1,
  choice: 1,
};

export const volatile = planned({
  name: 'volatile',
  title: '3 guests rewrite all of their 62 MiB every 2 s; a tenth is equal for less than a second',
  seconds: 30,
  quickSeconds: 20,
  plan: () => ({
    guests: [0, 1, 2].map(() => ({
      startMs: -Infinity,
      ranges: [
        { pages: 4801, laws: [rewritten] },
        { pages: 503, laws: [{ ...rewritten, sharedMs: [200, 900] }] },
      ],
    })),
    rehearsal: { scans: 16, everyMs: 1300 },
    change: null,
  }),
});
