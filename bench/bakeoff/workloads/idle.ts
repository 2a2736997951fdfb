import { own } from './plan.js';
import { planned } from './script.js';

export const idle = planned({
  name: 'idle',
  title: '8 guests, 100 MiB in all, no page equal to another, nothing changes',
  seconds: 60,
  quickSeconds: 20,
  plan: () => ({
    guests: Array.from({ length: 8 }, () => ({ startMs: -Infinity, ranges: [own(3203)] })),
    rehearsal: { scans: 16, everyMs: 1000 },
    change: null,
  }),
});
