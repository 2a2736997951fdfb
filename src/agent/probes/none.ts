import type { ProbeSource } from '../model/probe.js';
import { SUBJECTS } from './tier.js';

/** A source that tells why there is nothing to tell; `why` stands as each probe's detail. */
export function noProbes(why: string): ProbeSource {
  const states = SUBJECTS.map(({ name }) => ({ name, state: 'off' as const, detail: why, restarts: 0 }));
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    snapshot: () => ({ processes: [], lostEvents: 0, states }),
    onEvent: () => () => undefined,
  };
}
