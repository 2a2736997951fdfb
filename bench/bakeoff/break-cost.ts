import { FullScans } from '../../test/helpers/full-scans.js';
import { Guest } from '../../test/helpers/guest.js';
import { readKsm, readVmstat, saveKnobs } from '../../test/helpers/knobs.js';
import { Cleanup } from './cleanup.js';
import { requireAlone } from './foreign.js';
import { forgetPages, setDefaults } from './ksm-state.js';
import { takeMachine } from './locks.js';

/** Primes, so that no count of the kernel's comes out right by chance. */
const PAGES_PER_TRY = 3_989;
const TRIES = 7;
const PAGES = PAGES_PER_TRY * TRIES;

export interface BreakCost {
  /** The median. */
  readonly seconds: number;
  readonly least: number;
  readonly most: number;
  readonly pages: number;
}

/**
 * What the first write to a merged page costs its writer: the time of such writes less that of writes to the same pages
 * right after, present and private by then. Two guests share each page. No probe looks on.
 */
export async function measureBreakCost(signal: AbortSignal): Promise<BreakCost> {
  const cleanup = new Cleanup();
  try {
    cleanup.add('the lock', await takeMachine(signal));
    await requireAlone(signal);
    const knobs = saveKnobs();
    cleanup.add('the knobs', () => knobs.restore());
    cleanup.add('unmerging', () => forgetPages());
    setDefaults();
    await forgetPages();
    return await measure(cleanup);
  } finally {
    await cleanup.run();
  }
}

async function measure(cleanup: Cleanup): Promise<BreakCost> {
  const scans = await FullScans.start({ smart_scan: 0 });
  cleanup.add('the scans', () => scans[Symbol.asyncDispose]());
  const guests: Guest[] = [];
  for (const name of ['break-cost-a', 'break-cost-b']) {
    const guest = await Guest.start(name);
    cleanup.add(name, () => guest[Symbol.asyncDispose]());
    await guest.map(0, PAGES, 'unique', 1);
    guests.push(guest);
  }
  await scans.step(3);
  const merged = readKsm('pages_sharing');
  if (merged !== PAGES) throw new Error(`the cost of a COW break: ${merged} of ${PAGES} pages merged`);
  const [writer] = guests;
  const costs: number[] = [];
  for (let attempt = 0; writer !== undefined && attempt < TRIES; attempt += 1) {
    const from = attempt * PAGES_PER_TRY;
    const before = readVmstat('cow_ksm');
    const breaking = await writer.write(0, from, PAGES_PER_TRY);
    const broken = readVmstat('cow_ksm') - before;
    if (broken !== PAGES_PER_TRY) throw new Error(`${PAGES_PER_TRY} merged pages were written, ${broken} broke`);
    const plain = await writer.write(0, from, PAGES_PER_TRY);
    costs.push((breaking - plain) / PAGES_PER_TRY / 1e9);
  }
  const sorted = costs.toSorted((a, b) => a - b);
  const at = (index: number): number => Number((sorted.at(index) ?? NaN).toPrecision(4));
  return { seconds: at((TRIES - 1) / 2), least: at(0), most: at(-1), pages: PAGES };
}
