/** Scenarios in which memory comes, and then hardly changes. */

import {
  allAtOnce,
  alike,
  boots,
  byTime,
  everyGuest,
  imageSets,
  OWN,
  pagesOf,
  start,
  type ScenarioParts,
  type ScenarioSize,
} from './scenario-parts.js';

/** A phase of smart_scan that repeats every nine full scans (phase.ts). */
const AGED = 22;

export function bootStorm(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  return {
    what: 'guests of one image boot a second apart, their memory filling over twenty seconds; then nothing changes',
    sets: [...imageSets(pages), OWN],
    events: boots(size.guests, pages),
  };
}

export function steady(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  return {
    what: 'guests of one image are there from the start, and a page in a thousand changes in a minute',
    sets: [...imageSets(pages, 1 / 60_000), OWN],
    events: everyGuest(size, allAtOnce(pages)),
  };
}

export function idle(size: ScenarioSize): ScenarioParts {
  return {
    what: 'guests that share nothing, and never write',
    sets: [OWN],
    events: everyGuest(size, [{ set: OWN.name, pages: pagesOf(size) }]),
  };
}

export function zero(size: ScenarioSize): ScenarioParts {
  const pages = pagesOf(size);
  const zeros = Math.floor(pages * 0.7);
  return {
    what: 'guests start a second apart; seven tenths of their memory are zero, the rest is their own',
    sets: [{ name: 'zero', contents: 1, layout: 'random', writesPerSec: 0, mergeable: 1, zero: true }, OWN],
    events: Array.from({ length: size.guests }, (_, n) =>
      start(n, n, [
        { set: 'zero', pages: zeros },
        { set: OWN.name, pages: pages - zeros },
      ]),
    ),
  };
}

export function aged(size: ScenarioSize): ScenarioParts {
  const pages = Math.floor(pagesOf(size) / 2);
  const pairs = Math.max(1, Math.floor(size.guests / 2));
  return {
    what: 'guests in pairs, half of their memory alike, that aged in different phases of smart_scan; nothing is merged, nothing changes',
    sets: [OWN, ...Array.from({ length: pairs }, (_, pair) => alike(`pair-${pair}`, pages))],
    events: Array.from({ length: 2 * pairs }, (_, n) => {
      const pair = Math.floor(n / 2);
      // Every offset from 1 to 8.
      const later = n % 2 === 0 ? 0 : 1 + (pair % 8);
      return start(0, n, [
        { set: `pair-${pair}`, pages, phase: AGED + later },
        { set: OWN.name, pages, calm: true },
      ]);
    }),
  };
}

export function lateCopy(size: ScenarioSize): ScenarioParts {
  const pages = Math.floor(pagesOf(size) / 2);
  const pairs = Math.max(1, Math.floor(size.guests / 2));
  const half = size.seconds / 2;
  const guest = (pair: number): { set: string; pages: number }[] => [
    { set: `pair-${pair}`, pages },
    { set: OWN.name, pages },
  ];
  return {
    what: 'guests that share nothing at first; from half-way on the twin of each comes, one after the other, half of it alike',
    changeSec: Math.floor(half),
    sets: [OWN, ...Array.from({ length: pairs }, (_, pair) => alike(`pair-${pair}`, pages))],
    events: byTime(
      Array.from({ length: pairs }, (_, pair) => [
        start(0, pair, guest(pair)),
        start(Math.floor(half + (0.8 * half * pair) / pairs), pairs + pair, guest(pair)),
      ]).flat(),
    ),
  };
}
