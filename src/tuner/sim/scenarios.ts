/**
 * Built-in workloads, for trying policies without a record. Guests of one image: half of their memory is the image, the
 * rest is their own; what differs is what happens to it. Sizes follow from the number of guests and bytes per guest.
 */

import type { ContentSpec } from './content-set.js';
import type { SegmentSpec } from './host-sim.js';
import type { Workload, WorkloadEvent } from './workload.js';

export const SCENARIO_NAMES = ['boot-storm', 'steady', 'churn', 'volatile', 'idle'] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export interface ScenarioSize {
  readonly guests: number;
  readonly guestBytes: number;
  readonly seconds: number;
}

/** A host of 64 GiB with sixteen guests of 2 GiB, for an hour. */
export const DEFAULT_SIZE: ScenarioSize = { guests: 16, guestBytes: 2 * 2 ** 30, seconds: 3600 };

const PAGE = 4096;

/** Memory comes in so many stretches while a guest boots, seconds apart; of a storm, guests start a second apart. */
const BOOT_STRETCHES = 4;
const BOOT_STRETCH_SEC = 5;

/** Part of a guest's memory that is its image, its own, and rewritten. */
const IMAGE_PART = 0.5;
const CHURN_PART = 0.25;

export function scenario(name: ScenarioName, size: ScenarioSize = DEFAULT_SIZE): Workload {
  const { guests, guestBytes, seconds } = size;
  return {
    ...parts(name, size),
    name,
    seconds,
    // Guests take half of the host.
    memTotalBytes: 2 * guests * guestBytes,
    otherBytes: 2 * 2 ** 30,
  };
}

function parts(name: ScenarioName, size: ScenarioSize): Pick<Workload, 'what' | 'sets' | 'events'> {
  const pages = Math.floor(size.guestBytes / PAGE);
  switch (name) {
    case 'boot-storm':
      return {
        what: 'guests of one image boot a second apart, their memory filling over twenty seconds; then nothing changes',
        sets: [...imageSets(pages), OWN],
        events: boots(size.guests, pages),
      };
    case 'steady':
      return {
        what: 'guests of one image are there from the start, and a page in a thousand changes in a minute',
        sets: [...imageSets(pages, 1 / 60_000), OWN],
        events: Array.from({ length: size.guests }, (_, n) => start(0, n, allAtOnce(pages))),
      };
    case 'churn':
      return {
        what: 'a quarter of the memory of each guest is rewritten every five minutes, mostly with contents others have',
        sets: [
          ...imageSets(pages),
          OWN,
          {
            name: 'churn',
            contents: Math.max(1, Math.floor(pages * CHURN_PART)),
            layout: 'random',
            writesPerSec: 1 / 300,
            mergeable: 0.8,
          },
        ],
        events: Array.from({ length: size.guests }, (_, n) =>
          start(0, n, [
            ...allAtOnce(Math.floor(pages * (1 - CHURN_PART))),
            { set: 'churn', pages: Math.floor(pages * CHURN_PART) },
          ]),
        ),
      };
    case 'volatile':
      return {
        what: 'all memory is rewritten every other second with contents that nobody else has',
        sets: [{ name: 'rewritten', contents: 0, layout: 'random', writesPerSec: 0.5, mergeable: 0 }],
        events: Array.from({ length: size.guests }, (_, n) => start(0, n, [{ set: 'rewritten', pages }])),
      };
    case 'idle':
      return {
        what: 'guests that share nothing, and never write',
        sets: [OWN],
        events: Array.from({ length: size.guests }, (_, n) => start(0, n, [{ set: 'own', pages }])),
      };
  }
}

/** Never equal, never written. */
const OWN: ContentSpec = { name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 };

/** The image in stretches: what a guest holds of it at any moment of its boot is what the others held then. */
function imageSets(pages: number, writesPerSec = 0): ContentSpec[] {
  return Array.from({ length: BOOT_STRETCHES }, (_, stretch) => ({
    name: `image-${stretch}`,
    contents: imagePages(pages),
    layout: 'distinct' as const,
    writesPerSec,
    mergeable: 1,
  }));
}

function imagePages(pages: number): number {
  return Math.max(1, Math.floor((pages * IMAGE_PART) / BOOT_STRETCHES));
}

function stretch(pages: number, index: number): SegmentSpec[] {
  return [
    { set: `image-${index}`, pages: imagePages(pages) },
    { set: 'own', pages: Math.floor((pages * (1 - IMAGE_PART)) / BOOT_STRETCHES) },
  ];
}

function allAtOnce(pages: number): SegmentSpec[] {
  return Array.from({ length: BOOT_STRETCHES }, (_, index) => stretch(pages, index)).flat();
}

function start(atSec: number, guest: number, segments: readonly SegmentSpec[]): WorkloadEvent {
  return { atSec, kind: 'start', guest: `guest-${guest}`, segments };
}

function boots(guests: number, pages: number): WorkloadEvent[] {
  const events: WorkloadEvent[] = [];
  for (let n = 0; n < guests; n++) {
    events.push(start(n, n, stretch(pages, 0)));
    for (let index = 1; index < BOOT_STRETCHES; index++) {
      const atSec = n + index * BOOT_STRETCH_SEC;
      events.push({ atSec, kind: 'grow', guest: `guest-${n}`, segments: stretch(pages, index) });
    }
  }
  return events.sort((a, b) => a.atSec - b.atSec);
}
