/**
 * The best time between rounds. A round is two full scans at the cap; between two of them nothing is scanned. Content that
 * became equal then waits for half that time on average. Even scanning at the same CPU lets it wait for 1.75 full scans,
 * each as long as half that time, and every page has to hold still for so long. With arrivals of lambda pages per second
 * that live L seconds, v core-seconds per page-second, C CPU seconds per round and x per page merged and broken, a round
 * every W seconds brings, in cores,
 *
 *     G(W) = lambda (L / W) (1 - exp(-W / L)) (v L - x) - C / W
 *
 * For W well below L its optimum is W* = sqrt(2 C / (v lambda)); for short lifetimes G is negative everywhere and not
 * scanning is best. So G is looked up on a grid and never climbed.
 */

/** CPU seconds that merging a page costs beyond looking at it, and its break later on beyond an ordinary fault: 6.18. */
const MERGE_AND_BREAK_SEC = 6e-6;

/** Grid step in octaves. G is flat at its top: half a step off costs under 1 %. */
const STEP_OCTAVES = 0.25;
const MAX_STEPS = 128;

export interface TrackInput {
  /** CPU seconds of one round. */
  readonly roundCpuSec: number;
  /** Core-seconds per page-second. */
  readonly worth: number;
  /** Pages that become mergeable, per second. */
  readonly arrivals: number;
  readonly lifetimeSec: number;
  /** Breaks per second, and how long the broken pages had been merged where probes tell; else null. */
  readonly breakRate: number | null;
  readonly brokenLifetimeSec: number | null;
  /** Seconds that a round takes, and the longest time between two. */
  readonly shortestSec: number;
  readonly longestSec: number;
}

export interface Best {
  /** Seconds between rounds; null: none pays. */
  readonly everySec: number | null;
  /** Cores, at that time; 0 for none. */
  readonly netCores: number;
}

/** Pages that arrive together with how long they stay mergeable. */
interface Stream {
  readonly perSec: number;
  readonly lifetimeSec: number;
}

export function bestInterval(input: TrackInput): Best {
  const streams = streamsOf(input);
  const ratio = Math.max(1, input.longestSec / input.shortestSec);
  const steps = Math.min(MAX_STEPS, Math.ceil(Math.log2(ratio) / STEP_OCTAVES));
  let best: Best = { everySec: null, netCores: 0 };
  for (let i = 0; i <= steps; i++) {
    const everySec = Math.min(
      Math.max(input.shortestSec, input.longestSec),
      input.shortestSec * 2 ** (i * STEP_OCTAVES),
    );
    const netCores = gain(everySec, streams, input);
    if (netCores > best.netCores) best = { everySec, netCores };
  }
  return best;
}

/**
 * Breaks that arrive again are of short-lived pages. Where probes tell how long those had been merged, they are judged
 * by their own lifetime and only the rest by the mean one, else one mean stands for both.
 */
function streamsOf(input: TrackInput): readonly Stream[] {
  const { arrivals, breakRate, brokenLifetimeSec, lifetimeSec } = input;
  if (breakRate === null || brokenLifetimeSec === null || !(brokenLifetimeSec > 0)) {
    return [{ perSec: arrivals, lifetimeSec }];
  }
  const again = Math.min(arrivals, breakRate);
  return [
    { perSec: again, lifetimeSec: Math.min(brokenLifetimeSec, lifetimeSec) },
    { perSec: arrivals - again, lifetimeSec },
  ];
}

function gain(everySec: number, streams: readonly Stream[], input: TrackInput): number {
  let net = -input.roundCpuSec / everySec;
  for (const { perSec, lifetimeSec } of streams) {
    const caught = stillThere(everySec, lifetimeSec) / everySec;
    net += perSec * caught * (input.worth * lifetimeSec - MERGE_AND_BREAK_SEC);
  }
  return net;
}

/** Of one arrival a second over so many seconds, those that live at the end: L (1 - exp(-W / L)). */
export function stillThere(seconds: number, lifetimeSec: number): number {
  return -lifetimeSec * Math.expm1(-seconds / lifetimeSec);
}
