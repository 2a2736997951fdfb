import { copyOf, type Range } from './plan.js';
import { planned } from './script.js';

const LIBRARY = 1;
const LIBRARY_PAGES = 10_007;
const SCANS = 26;
const SCAN_MS = 2000;

/** With four of them 2,000 pages a second get a page of the library, and as many lose one. */
const pool = (choice: number): Range => ({
  pages: 13_001,
  laws: [
    {
      kind: 'cycle',
      periodMs: 26_000,
      sharedMs: [10_000, 25_000],
      library: LIBRARY,
      libraryPages: LIBRARY_PAGES,
      choice,
    },
  ],
});

export const churn = planned({
  name: 'churn',
  title: '2,000 pages a second become mergeable, for 10 to 25 s each; 242 MiB',
  seconds: 40,
  quickSeconds: 25,
  plan: () => ({
    guests: [
      { startMs: -Infinity, ranges: [copyOf(LIBRARY, LIBRARY_PAGES)] },
      // Guests that started one after the other: smart_scan does not look at all of their pages in the same full scan.
      ...[1, 2, 3, 4].map((number) => ({ startMs: (2 * number - SCANS) * SCAN_MS, ranges: [pool(number)] })),
    ],
    rehearsal: { scans: SCANS, everyMs: SCAN_MS },
    change: null,
  }),
});
