import { copyOf, own, type Ramp, type Range } from './plan.js';
import { planned } from './script.js';

const IMAGE = 1;
const PER_SECOND = 50;

/** Evenly over the window. */
function trickle(range: Range, seconds: number, content: Ramp['content']): Range {
  const count = PER_SECOND * seconds;
  return { ...range, laws: [...range.laws, { kind: 'ramp', count, startMs: 0, ms: seconds * 1000, content }] };
}

export const steady = planned({
  name: 'steady',
  title: `200 MiB, merged long ago; ${PER_SECOND} pages a second become mergeable, as many are written to`,
  seconds: 30,
  quickSeconds: 20,
  plan: (seconds) => ({
    guests: [0, 1, 2, 3].map((number) => {
      const image = copyOf(IMAGE, 9973);
      const rest = own(2803);
      return {
        startMs: -Infinity,
        ranges: [
          number === 0 ? trickle(image, seconds, 'own') : image,
          number === 1 ? trickle(rest, seconds, IMAGE) : rest,
        ],
      };
    }),
    rehearsal: { scans: 16, everyMs: 1000 },
    change: null,
  }),
});
