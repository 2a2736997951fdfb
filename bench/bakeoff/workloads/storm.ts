import { filled, type GuestPlan } from './plan.js';
import { planned } from './script.js';

const IMAGE = 1;
const EVERY_MS = 2000;
/** Until a guest begins to fill its memory, and how long that takes. */
const BOOT_MS = 200;
const FILL_MS = 1500;

/** A guest of 190 MiB, 75 % of it the same in all. */
function guest(startMs: number): GuestPlan {
  const fillMs = startMs + BOOT_MS;
  return {
    startMs,
    ranges: [
      filled(36_473, IMAGE, fillMs, FILL_MS),
      filled(11_887, 'own', fillMs, FILL_MS),
      {
        pages: 311,
        laws: [
          { kind: 'cycle', startMs: fillMs, periodMs: 1000, sharedMs: [0, 0], library: 0, libraryPages: 1, choice: 0 },
        ],
      },
    ],
  };
}

export const storm = planned({
  name: 'storm',
  title: '4 guests of 190 MiB start within 8 s, 75 % of each the same in all; then nothing changes',
  seconds: 90,
  quickSeconds: 30,
  plan: (seconds) => ({
    guests: [0, 1, 2, 3].map((number) => guest(number * EVERY_MS)),
    // From the first guest on: scanning at the cap from the start begins there as well.
    change: { fromSec: 0, goalSec: seconds },
  }),
});
