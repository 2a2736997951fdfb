/** What is simulated: the bake-off's own hosts, and those that only a simulator can wait for. */

import { scenario, SCENARIO_NAMES, type ScenarioName } from '../../src/tuner/sim/scenarios.js';
import type { Workload } from '../../src/tuner/sim/workload.js';
import { TINY } from './tiny.js';

/** A workload, `name` with its host before a slash. */
export interface Case {
  readonly name: string;
  readonly workload: Workload;
  /** Nothing can be gained, known before or seen soon: issue 3 wants less than 0.5 % of a core on average. */
  readonly nothingToGain: boolean;
  /** A storm: 95 % within 1.25 times the time of the cap, and a quiet end. */
  readonly storm: boolean;
}

const HOUR = 3600;
const GIB = 2 ** 30;

/** Hosts by the name that stands before the slash, and what is played on them. */
const HOSTS: readonly {
  readonly host: string;
  readonly guests: number;
  readonly guestGib: number;
  readonly hours: number;
  readonly names: readonly ScenarioName[];
}[] = [
  { host: '64g-1h', guests: 16, guestGib: 2, hours: 1, names: SCENARIO_NAMES },
  { host: '64g-4h', guests: 16, guestGib: 2, hours: 4, names: ['long-churn'] },
  {
    host: '64g-8h',
    guests: 16,
    guestGib: 2,
    hours: 8,
    names: ['boot-storm', 'volatile', 'idle', 'late-copy', 'phase'],
  },
  { host: '1t-4h', guests: 1000, guestGib: 1, hours: 4, names: ['churn'] },
  { host: '1t-8h', guests: 1000, guestGib: 1, hours: 8, names: ['boot-storm', 'volatile', 'idle'] },
];

function caseOf(host: string, workload: Workload): Case {
  const { name } = workload;
  return {
    name: `${host}/${name}`,
    workload,
    // Two visits of memory never seen before take more than that of an hour, and on 1 TiB of eight.
    nothingToGain: (host === 'tiny' || host === '64g-8h') && (name === 'idle' || name === 'volatile'),
    storm: name === 'storm' || name === 'boot-storm',
  };
}

export function allCases(): readonly Case[] {
  const large = HOSTS.flatMap(({ host, guests, guestGib, hours, names }) =>
    names.map((name) => {
      const size = { guests, guestBytes: guestGib * GIB, seconds: hours * HOUR };
      return caseOf(host, scenario(name, size));
    }),
  );
  return [...TINY.map((one) => caseOf('tiny', one)), ...large];
}
