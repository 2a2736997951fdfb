import type { Guest } from './guest.js';
import { until, writeKnobs } from './knobs.js';

/** Makes `pages` pages alike in all guests, waits until ksmd has merged them, and stops it. Returns their addresses. */
export async function mergeAlike(
  guests: readonly Guest[],
  pages: number,
  prepare: (guest: Guest) => Promise<void> = () => Promise.resolve(),
): Promise<[bigint, ...bigint[]]> {
  const addresses: bigint[] = [];
  for (const guest of guests) {
    addresses.push(await guest.map(0, pages, 'unique', pages));
    await prepare(guest);
  }
  writeKnobs({ smart_scan: 0, pages_to_scan: 5000, sleep_millisecs: 10, run: 1 });
  await until(`${pages} pages to merge`, () => guests.every((guest) => guest.mergingPages() === pages));
  writeKnobs({ run: 0 });
  return addresses as [bigint, ...bigint[]];
}
