import type { GuestPlan } from './plan.js';
import { planned } from './script.js';

const CAME_EQUAL = 1;
const SCANS = 20;
const EVERY_MS = 1000;
/** Full scans between the first visits to the two guests; only at multiples of 9 would they meet. See docs/smart-scan.md. */
const OFFSET = 4;

/** Filled anew after the last full scan before the window, with the same in each guest. */
const guest = (startMs: number): GuestPlan => ({
  startMs,
  ranges: [
    {
      pages: 20_011,
      laws: [
        { kind: 'ramp', content: 'own' },
        { kind: 'ramp', content: CAME_EQUAL, startMs: -EVERY_MS / 2 },
      ],
    },
  ],
});

export const aged = planned({
  name: 'aged',
  title: '2 guests of 78 MiB that came to be equal, but that smart_scan never looks at in the same full scan',
  seconds: 45,
  quickSeconds: 20,
  plan: (seconds) => ({
    guests: [guest(-Infinity), guest(-(SCANS - OFFSET) * EVERY_MS)],
    rehearsal: { scans: SCANS, everyMs: EVERY_MS },
    change: { fromSec: 0, goalSec: seconds },
  }),
});
