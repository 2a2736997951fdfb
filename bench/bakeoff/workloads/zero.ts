import { filled } from './plan.js';
import { planned } from './script.js';

const EVERY_MS = 2000;
const BOOT_MS = 200;
const FILL_MS = 1000;

export const zero = planned({
  name: 'zero',
  title: '4 guests of 47 MiB start within 7 s, 70 % of it zeros',
  seconds: 90,
  quickSeconds: 25,
  plan: (seconds) => ({
    guests: [0, 1, 2, 3].map((number) => {
      const startMs = number * EVERY_MS;
      return {
        startMs,
        ranges: [filled(8419, 'zero', startMs + BOOT_MS, FILL_MS), filled(3607, 'own', startMs + BOOT_MS, FILL_MS)],
      };
    }),
    // From the first guest on: scanning at the cap from the start begins there as well.
    change: { fromSec: 0, goalSec: seconds },
  }),
});
