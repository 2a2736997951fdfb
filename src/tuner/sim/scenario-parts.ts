/** What scenarios are put together from: guests of one image, half of whose memory is the image and half their own. */

import type { ContentSpec } from './content-set.js';
import type { SegmentSpec } from './host-sim.js';
import type { Workload, WorkloadEvent } from './workload.js';

export interface ScenarioSize {
  readonly guests: number;
  readonly guestBytes: number;
  readonly seconds: number;
}

export type ScenarioParts = Pick<Workload, 'what' | 'sets' | 'events' | 'changeSec'>;

const PAGE = 4096;

/** Memory comes in so many stretches while a guest boots, seconds apart; of a storm, guests start a second apart. */
const BOOT_STRETCHES = 4;
const BOOT_STRETCH_SEC = 5;

/** Part of a guest's memory that is its image. */
const IMAGE_PART = 0.5;

export function pagesOf({ guestBytes }: ScenarioSize): number {
  return Math.floor(guestBytes / PAGE);
}

/** Never equal, never written. */
export const OWN: ContentSpec = { name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 };

/** A stretch of memory that all guests have alike. */
export function alike(name: string, contents: number, writesPerSec = 0): ContentSpec {
  return { name, contents, layout: 'distinct', writesPerSec, mergeable: 1 };
}

/** The image in stretches: what a guest holds of it at any moment of its boot is what the others held then. */
export function imageSets(pages: number, writesPerSec = 0): ContentSpec[] {
  return Array.from({ length: BOOT_STRETCHES }, (_, index) => alike(`image-${index}`, imagePages(pages), writesPerSec));
}

function imagePages(pages: number): number {
  return Math.max(1, Math.floor((pages * IMAGE_PART) / BOOT_STRETCHES));
}

function stretch(pages: number, index: number): SegmentSpec[] {
  return [
    { set: `image-${index}`, pages: imagePages(pages) },
    { set: OWN.name, pages: Math.floor((pages * (1 - IMAGE_PART)) / BOOT_STRETCHES) },
  ];
}

/** All memory of a guest of the image at once. */
export function allAtOnce(pages: number): SegmentSpec[] {
  return Array.from({ length: BOOT_STRETCHES }, (_, index) => stretch(pages, index)).flat();
}

export function start(atSec: number, guest: number, segments: readonly SegmentSpec[]): WorkloadEvent {
  return { atSec, kind: 'start', guest: `guest-${guest}`, segments };
}

export function stop(atSec: number, guest: number): WorkloadEvent {
  return { atSec, kind: 'stop', guest: `guest-${guest}` };
}

/** The same guest, there from the start, so many times. */
export function everyGuest(size: ScenarioSize, segments: readonly SegmentSpec[]): WorkloadEvent[] {
  return Array.from({ length: size.guests }, (_, n) => start(0, n, segments));
}

/** Guests boot a second apart, memory filling stretch by stretch. */
export function boots(guests: number, pages: number): WorkloadEvent[] {
  const events: WorkloadEvent[] = [];
  for (let n = 0; n < guests; n++) {
    events.push(start(n, n, stretch(pages, 0)));
    for (let index = 1; index < BOOT_STRETCHES; index++) {
      const atSec = n + index * BOOT_STRETCH_SEC;
      events.push({ atSec, kind: 'grow', guest: `guest-${n}`, segments: stretch(pages, index) });
    }
  }
  return byTime(events);
}

export function byTime(events: readonly WorkloadEvent[]): WorkloadEvent[] {
  return [...events].sort((a, b) => a.atSec - b.atSec);
}

/** All pages of a set are written to once, or nearly: what a mean rate can do within a second. */
export function rewrite(set: string, atSec: number): WorkloadEvent[] {
  return [
    { atSec, kind: 'rate', set, writesPerSec: 10 },
    { atSec: atSec + 1, kind: 'rate', set, writesPerSec: 0 },
  ];
}
