/** The histograms, in the order of the page. */

import { lifetimeBars, lifetimeSentence, serviceBars, serviceSentence, type Bar } from '../histogram.js';
import type { PageState } from '../state.js';
import type { Color } from './palette.js';

/** What a histogram shows, from all that the page knows. */
export interface HistogramSpec {
  readonly id: string;
  readonly title: string;
  readonly legend: string;
  readonly color: Color;
  /** Where there are no bars. */
  readonly empty: string;
  readonly bars: (state: PageState) => readonly Bar[];
  readonly note: (state: PageState) => string;
}

export const HISTOGRAMS: readonly HistogramSpec[] = [
  {
    id: 'lifetime',
    title: 'Merge lifetime',
    legend: 'merges that ended',
    color: 'purple',
    empty: 'No lifetime measured yet',
    bars: ({ lifetime }) => lifetimeBars(lifetime),
    note: ({ lifetime, sample }) => lifetimeSentence(lifetime, sample?.lifetime_sampled_one_in),
  },
  {
    id: 'service',
    title: 'Time of a COW break',
    legend: 'breaks timed',
    color: 'orange',
    empty: 'No break timed yet',
    bars: ({ serviceTime }) => (serviceTime === undefined ? [] : serviceBars(serviceTime)),
    note: ({ serviceTime }) => serviceSentence(serviceTime),
  },
];
