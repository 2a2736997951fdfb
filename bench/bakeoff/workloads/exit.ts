import { copyOf, own } from './plan.js';
import { planned } from './script.js';

const IMAGE = 1;
const AT_MS = 5000;

export const exit = planned({
  name: 'exit',
  title: '6 guests of 31 MiB, merged long ago; 5 of them end at once',
  seconds: 30,
  quickSeconds: 20,
  plan: () => ({
    guests: Array.from({ length: 6 }, (_, number) => ({
      startMs: -Infinity,
      ...(number > 0 ? { endMs: AT_MS } : {}),
      ranges: [copyOf(IMAGE, 6007), own(2003)],
    })),
    rehearsal: { scans: 16, everyMs: 1000 },
    change: null,
  }),
});
