import { planned } from './script.js';

const NEW_PHASE = 1;

export const phase = planned({
  name: 'phase',
  title: '4 guests of 49 MiB without a page in common; half-way all of them fill half with the same, unannounced',
  seconds: 90,
  quickSeconds: 24,
  plan: (seconds) => ({
    guests: [0, 1, 2, 3].map(() => ({
      startMs: -Infinity,
      ranges: [
        {
          pages: 12_503,
          laws: [
            { kind: 'ramp', content: 'own' },
            { kind: 'ramp', count: 6247, content: NEW_PHASE, startMs: seconds * 500, ms: 1000 },
          ],
        },
      ],
    })),
    rehearsal: { scans: 16, everyMs: 1000 },
    change: { fromSec: seconds / 2, goalSec: seconds },
  }),
});
