/** The charts of a guest's past: what it saved and offered, merged and broke, was worth and cost. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import { ChartGroup } from '../../charts/chart-group.js';
import { RingSource } from '../../charts/source.js';
import { BYTES, PER_SECOND, type ChartSpec } from '../../charts/spec.js';
import { element } from '../../dom.js';
import { cores, percent, signedCores } from '../../format.js';
import { SeriesRing } from '../../series.js';
import type { PageState } from '../../state.js';
import type { App } from '../../view.js';
import { identityOf } from './find-guest.js';

/** Names of Guest, and of what the history keeps of one. */
const COLUMNS = [
  'saved_bytes',
  'zero_bytes',
  'mergeable_bytes',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'worth_per_hour',
  'ksmd_cores',
] as const;

type GuestColumn = (typeof COLUMNS)[number];

/** Rows kept while the page is open: an hour at one a second. */
const CAPACITY = 3_600;

const CHARTS: readonly ChartSpec[] = [
  {
    id: 'guest-saved',
    title: 'Saved memory of this guest',
    axis: BYTES,
    form: 'lines',
    series: [
      { column: 'saved_bytes', label: 'saved', color: 'blue' },
      { column: 'zero_bytes', label: 'of it zero pages', color: 'green', dashed: true },
    ],
    note: 'Its part of what the host saves: guests and what no guest was charged with sum to it.',
  },
  {
    id: 'guest-rates',
    title: 'Merges and COW breaks of this guest',
    axis: PER_SECOND,
    form: 'lines',
    series: [
      { column: 'merges_per_sec', label: 'merges', color: 'blue' },
      { column: 'cow_breaks_per_sec', label: 'COW breaks', color: 'vermilion', dashed: true },
    ],
    note: 'Pages a second. A break is a write to a merged page, which the kernel then copies.',
  },
  {
    id: 'guest-worth',
    title: 'Worth of this guest, and its part of ksmd',
    axis: { format: cores, steps: 'decimal' },
    form: 'lines',
    series: [
      { column: 'worth_per_hour', label: 'worth in cores', color: 'green', format: signedCores },
      {
        column: 'ksmd_cores',
        label: 'ksmd',
        color: 'vermilion',
        dashed: true,
        format: (value) => percent(value === null ? null : value * 100),
      },
    ],
    note: "Cores: what the saving is worth at the operator's price, less its part of ksmd's CPU.",
  },
  {
    id: 'guest-offered',
    title: 'Memory that this guest offers',
    axis: BYTES,
    form: 'lines',
    series: [{ column: 'mergeable_bytes', label: 'offered', color: 'grey' }],
    note: 'Resident memory that KSM may merge.',
  },
];

export class GuestPast {
  readonly root = element('div', { class: 'grid guest-charts' });
  readonly #identity: string;
  readonly #ring = new SeriesRing<GuestColumn>({ columns: COLUMNS, capacity: CAPACITY });
  readonly #charts: ChartGroup;

  constructor(app: App, key: string) {
    this.#identity = identityOf(key);
    this.#charts = new ChartGroup({
      app,
      source: new RingSource<GuestColumn>({ app, ring: this.#ring, guest: this.#identity }),
    });
    this.#seed(app.state, key);
  }

  /** To be called once the root is in the document: charts take their size from there. */
  start(): void {
    for (const spec of CHARTS) this.#charts.add(this.root, spec);
  }

  update({ guests }: PageState, guest: Guest__Output | undefined): void {
    if (guests !== undefined && guest !== undefined && guests.time_ms > (this.#ring.newestMs ?? 0)) {
      this.#ring.push(guests.time_ms, guest);
    }
    this.#charts.update();
  }

  stop(): void {
    this.#charts.unmount();
  }

  /** What the table's small curve knows, for hosts that keep no history. */
  #seed({ savedPast }: PageState, key: string): void {
    if (savedPast.hasHistory) return;
    const values = savedPast.of(key);
    savedPast.times.forEach((timeMs, index) => {
      const saved = values[index];
      if (saved !== undefined && !Number.isNaN(saved)) this.#ring.push(timeMs, { saved_bytes: saved });
    });
  }
}
