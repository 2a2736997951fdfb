/** The columns of the table of hosts: what each shows and sorts by. */

import { bytes, count, percent, perSecond, signedCores } from '../../format.js';
import type { FleetRow } from './fleet-answer.js';
import { modeWords, stateWords } from './fleet-words.js';

export const FLEET_KEYS = [
  'name',
  'link_state',
  'curve',
  'saved_bytes',
  'ksmd_cores',
  'net_cores',
  'cost_per_gib',
  'breaks_per_gib',
  'cow_breaks_per_sec',
  'guests',
  'mode',
  'problem_count',
] as const;

export type FleetKey = (typeof FLEET_KEYS)[number];

export interface FleetColumn {
  readonly key: FleetKey;
  readonly title: string;
  readonly means: string;
  readonly word?: true;
  readonly value?: (row: FleetRow) => string | number | undefined;
  readonly show: (row: FleetRow) => string;
}

export const FLEET_COLUMNS: readonly FleetColumn[] = [
  {
    key: 'name',
    title: 'Host',
    means: 'Name of the host',
    word: true,
    value: ({ name }) => name,
    show: ({ name }) => name,
  },
  {
    key: 'link_state',
    title: 'State',
    means: 'Does its agent answer, and are the figures fresh?',
    word: true,
    value: stateWords,
    show: stateWords,
  },
  {
    key: 'curve',
    title: 'Saved lately',
    means: 'Memory saved in the last 15 minutes, from 0 to its own greatest',
    word: true,
    show: () => '',
  },
  column('saved_bytes', 'Saved', 'Memory saved now', bytes),
  column('ksmd_cores', 'ksmd CPU', 'What ksmd uses, per cent of one core', ofCore),
  column(
    'net_cores',
    'Net, cores',
    "Worth of the saving less ksmd's CPU, in cores at the host's own price",
    signedCores,
  ),
  column('cost_per_gib', 'CPU per GiB', 'Per cent of one core that ksmd uses for each GiB saved', ofCore),
  column('breaks_per_gib', 'Breaks per GiB', 'COW breaks a second for each GiB saved', perSecond),
  column('cow_breaks_per_sec', 'COW breaks', 'Writes to merged pages a second', perSecond),
  column('guests', 'Guests', 'Virtual machines, containers and services', count),
  {
    key: 'mode',
    title: 'Mode',
    means: 'What the tuner may do: observe, advise or auto',
    word: true,
    value: modeWords,
    show: modeWords,
  },
  column('problem_count', 'Problems', 'What is missing or wrong on the host; its page says the cure', count),
];

function column(
  key: FleetKey,
  title: string,
  means: string,
  show: (value: number | null | undefined) => string,
): FleetColumn {
  const figure = (row: FleetRow): number | undefined => {
    const value = key === 'problem_count' ? row.problems : row[key as keyof FleetRow];
    return typeof value === 'number' ? value : undefined;
  };
  return { key, title, means, value: figure, show: (row) => show(figure(row)) };
}

function ofCore(value: number | null | undefined): string {
  return percent(typeof value === 'number' ? value * 100 : undefined);
}
