/** Scenarios in which contents or guests go on changing. */

import {
  allAtOnce,
  alike,
  byTime,
  everyGuest,
  imageSets,
  OWN,
  pagesOf,
  rewrite,
  start,
  stop,
  type ScenarioParts,
  type ScenarioSize,
} from './scenario-parts.js';
import type { WorkloadEvent } from './workload.js';

/** Part of a guest's memory that is rewritten again and again. */
const CHURN_PART = 0.25;

/** A guest that logs in stays so long. Seconds. */
const SESSION_SEC = 1200;

/** Copies of one array, and of the guests of an exit the part that goes. */
const ARRAY_COPIES = 8;
const EXIT_PART = 5 / 6;

export function churn(size: ScenarioSize, lifetimeSec: number, what: string): ScenarioParts {
  const pages = pagesOf(size);
  return {
    what,
    sets: [
      ...imageSets(pages),
      OWN,
      {
        name: 'churn',
        contents: Math.max(1, Math.floor(pages * CHURN_PART)),
        layout: 'random',
        writesPerSec: 1 / lifetimeSec,
        mergeable: 0.8,
      },
    ],
    events: everyGuest(size, [
      ...allAtOnce(Math.floor(pages * (1 - CHURN_PART))),
      { set: 'churn', pages: Math.floor(pages * CHURN_PART) },
    ]),
  };
}

export function volatile(size: ScenarioSize): ScenarioParts {
  return {
    what: 'all memory is rewritten every other second with contents that nobody else has',
    sets: [{ name: 'rewritten', contents: 0, layout: 'random', writesPerSec: 0.5, mergeable: 0 }],
    events: everyGuest(size, [{ set: 'rewritten', pages: pagesOf(size) }]),
  };
}

export function phase(size: ScenarioSize): ScenarioParts {
  const half = Math.floor(pagesOf(size) / 2);
  const changeSec = Math.floor(size.seconds / 2);
  return {
    what: 'guests that share nothing; half-way through, half of their memory becomes alike within a second, and no sign of it',
    changeSec,
    sets: [OWN, { ...alike('turning', half), mergeable: 0, mergeableAfterWrite: 1 }],
    events: [
      ...everyGuest(size, [
        { set: OWN.name, pages: half },
        { set: 'turning', pages: half },
      ]),
      ...rewrite('turning', changeSec),
    ],
  };
}

export function arrays(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  const changeSec = Math.floor(size.seconds / 2);
  const one = Math.floor((size.guests * pages) / 2 / ARRAY_COPIES);
  return {
    what: `guests that share nothing; half-way through one of them fills half as much as all have with ${ARRAY_COPIES} equal arrays`,
    changeSec,
    sets: [OWN, alike('array', one)],
    events: [
      ...everyGuest(size, [{ set: OWN.name, pages }]),
      {
        atSec: changeSec,
        kind: 'grow',
        guest: 'guest-0',
        segments: Array.from({ length: ARRAY_COPIES }, () => ({ set: 'array', pages: one })),
      },
    ],
  };
}

export function logins(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  const everySec = SESSION_SEC / size.guests;
  const events: WorkloadEvent[] = [];
  for (let n = 0; n * everySec < size.seconds; n++) {
    events.push(start(Math.floor(n * everySec), n, allAtOnce(pages)));
    events.push(stop(Math.floor((n + 0.5) * everySec) + SESSION_SEC, n));
  }
  return {
    what: `guests of one image come one after the other and stay for ${SESSION_SEC / 60} minutes`,
    sets: [...imageSets(pages), OWN],
    events: byTime(events).filter(({ atSec }) => atSec < size.seconds),
  };
}

export function exit(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  const going = Math.floor(size.guests * EXIT_PART);
  return {
    what: 'guests of one image are there from the start; half-way through five of six end at once',
    sets: [...imageSets(pages), OWN],
    events: [
      ...everyGuest(size, allAtOnce(pages)),
      ...Array.from({ length: going }, (_, n) => stop(Math.floor(size.seconds / 2), n)),
    ],
  };
}
