import { filled, own } from './plan.js';
import { planned } from './script.js';

const ARRAY = 1;
const AT_MS = 5000;

export const arrays = planned({
  name: 'arrays',
  title: 'a guest, long in KSM and idle, maps ten equal arrays of 30 MiB: no guest starts',
  seconds: 90,
  quickSeconds: 25,
  plan: (seconds) => ({
    guests: [
      {
        startMs: -Infinity,
        ranges: [
          own(2003),
          ...Array.from({ length: 10 }, () => ({ ...filled(7681, ARRAY, AT_MS, 1000), mapMs: AT_MS })),
        ],
      },
    ],
    rehearsal: { scans: 16, everyMs: 1000 },
    change: { fromSec: AT_MS / 1000, goalSec: seconds },
  }),
});
