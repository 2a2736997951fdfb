import type { ProbeSource } from '../model/probe.js';
import { ProbeBoard } from './board.js';

/** For an agent that is told to do without. */
export function noProbes(reason: string): ProbeSource {
  const board = new ProbeBoard(reason);
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    snapshot: () => ({ processes: [], lostEvents: 0, states: board.states }),
    lifetimes: () => undefined,
    onEvent: (listener) => board.onEvent(listener),
  };
}
