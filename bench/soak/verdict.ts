/** What was watched, and whether it stays within its bounds. Pure. */

import { slopeOf, type Slope } from './slope.js';

/** One look at the processes under soak. */
export interface Look {
  /** Seconds since the begin. */
  readonly sec: number;
  /** After a collection of garbage, MiB; undefined: the agent has not answered yet. */
  readonly heapMib: number | undefined;
  readonly agentMib: number;
  readonly probesMib: number;
  readonly webMib: number;
  readonly agentFiles: number;
  readonly webFiles: number;
  readonly agentThreads: number;
  /** Samples so far, and by how much the newest came later than its place in the row, milliseconds. */
  readonly samples: number;
  readonly behindMs: number;
}

export interface Finding {
  readonly what: string;
  /** Over the watched time, by the median slope; at least so much with a confidence of 97.5 %. */
  readonly growth: number;
  readonly growthAtLeast: number;
  readonly allowed: number;
  readonly last: number;
  readonly unit: string;
  readonly ok: boolean;
}

/**
 * Most growth after the warm-up, in all, however long it lasts. Heap: the event log takes up to 8192 events of some 300
 * bytes, which at ten events a second fill a quarter of an hour; it is bounded, so that an hour's soak may not take more.
 * Private memory: what the allocator and V8 keep. The rest is counted: a leak of one in a whole run is one.
 */
const SERIES = [
  { what: 'heap of the agent after a collection', unit: 'MiB', allowed: 4, of: (look: Look) => look.heapMib },
  { what: 'private memory of the agent', unit: 'MiB', allowed: 32, of: (look: Look) => look.agentMib },
  { what: 'private memory of bpftrace', unit: 'MiB', allowed: 16, of: (look: Look) => look.probesMib },
  { what: "private memory of the page's process", unit: 'MiB', allowed: 32, of: (look: Look) => look.webMib },
  { what: 'open files of the agent', unit: '', allowed: 1, of: (look: Look) => look.agentFiles },
  { what: "open files of the page's process", unit: '', allowed: 1, of: (look: Look) => look.webFiles },
  { what: 'threads of the agent', unit: '', allowed: 1, of: (look: Look) => look.agentThreads },
  { what: 'lateness of samples', unit: 'ms', allowed: 200, of: (look: Look) => look.behindMs },
] as const;

/** What is before this part of the run is warm-up. */
const WARM_UP = 0.4;

export function findings(looks: readonly Look[]): Finding[] {
  const end = looks.at(-1)?.sec ?? 0;
  const watched = looks.filter(({ sec }) => sec >= end * WARM_UP);
  const span = end * (1 - WARM_UP);
  return SERIES.map(({ what, unit, allowed, of }) => {
    const points = watched.flatMap((look) => {
      const value = of(look);
      return value === undefined ? [] : [[look.sec, value] as const];
    });
    const slope: Slope = slopeOf(points) ?? { median: NaN, low: NaN, high: NaN };
    const growthAtLeast = slope.low * span;
    return {
      what,
      unit,
      allowed,
      growth: slope.median * span,
      growthAtLeast,
      last: points.at(-1)?.[1] ?? NaN,
      // Too few looks prove nothing: NaN is not below anything.
      ok: growthAtLeast <= allowed,
    };
  });
}

export function text(found: readonly Finding[]): string {
  return found
    .map(({ what, unit, growth, growthAtLeast, allowed, last, ok }) => {
      const figure = (value: number): string => `${value.toFixed(1)}${unit === '' ? '' : ` ${unit}`}`;
      const grown = `grew by ${figure(growth)} (at least ${figure(growthAtLeast)}, allowed ${figure(allowed)})`;
      return `${ok ? 'ok    ' : 'GROWS '} ${what}: ${figure(last)} at the end, ${grown}`;
    })
    .join('\n');
}
