/** The report as titles, figures and tables: each format lays out the same texts. Pure. */

import { formatBytes, formatCores, formatCount, formatDuration, printable, UNKNOWN, type Maybe } from '../format.js';
import { clip, type Column } from '../format-table.js';
import type { Course, GuestFigures, Report } from './report.js';

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  /** Name and value. */
  | { readonly kind: 'figures'; readonly rows: readonly (readonly [string, string])[] }
  | { readonly kind: 'table'; readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'list'; readonly items: readonly { readonly text: string; readonly more: readonly string[] }[] }
  /** A line over time. */
  | { readonly kind: 'chart'; readonly course: Course };

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Document {
  readonly title: string;
  readonly sections: readonly Section[];
}

/** Guests in a table; the rest is summed up. JSON has all. */
const GUESTS_SHOWN = 100;
const HOLES_SHOWN = 3;
const NAME_WIDTH = 32;

export function documentOf(report: Report): Document {
  const who = report.guest === null ? (report.hostname ?? 'this host') : report.guest.name;
  return {
    title: `Memory merging on ${printable(who)}`,
    sections: [
      span(report),
      ...saving(report),
      ...guests(report),
      ...room(report),
      ...risk(report),
      ...decisions(report),
      recommendations(report),
      gaps(report),
    ],
  };
}

function span(report: Report): Section {
  const { fromMs, toMs, coveredSec, price } = report;
  const from = { option: '--price', agent: "the agent's tuner.gibPerCore", default: 'the default' }[price.from];
  return {
    title: 'Span',
    blocks: [
      {
        kind: 'figures',
        rows: [
          ...(report.guest === null || report.hostname === null ? [] : [['Host', printable(report.hostname)] as const]),
          ...(report.guest === null ? [] : [['Guest', printable(report.guest.identity)] as const]),
          ['From', formatTime(fromMs)],
          ['To', formatTime(toMs)],
          ['Sampled', `${formatHours(coveredSec / 3600)} of ${formatHours((toMs - fromMs) / 3_600_000)}`],
          ['Resolution', formatDuration(report.resolutionMs)],
          ['Price', `${price.gibPerCore} GiB of memory are worth a core (${from})`],
          ['Source', printable(report.source)],
        ],
      },
    ],
  };
}

function saving(report: Report): Section[] {
  const { saving, cost, worth } = report;
  const ofGuest = report.guest !== null;
  const charts: Block[] = report.courses
    .filter(({ name }) => name !== 'unmerge_ratio')
    .map((course) => ({ kind: 'chart', course }));
  return [
    {
      title: 'Saving, cost and worth',
      blocks: [
        {
          kind: 'figures',
          rows: [
            ['Saved on average', formatWhole(saving.averageBytes)],
            ['Saved at most', `${formatWhole(saving.peakBytes)}${at(saving.peakMs)}`],
            ['Saved last', formatWhole(saving.lastBytes)],
            ['Saved, in all', formatByteHours(saving.byteHours)],
            [
              ofGuest ? "Its part of ksmd's CPU" : "ksmd's CPU",
              `${formatCpu(cost.ksmdCpuSec)}${average(cost.ksmdCores)}`,
            ],
            ...(ofGuest
              ? []
              : ([
                  ["The agent's CPU", cpuOfAgent(cost.agentCpuSec)],
                  ["The probes' windows", formatCpu(cost.probeCpuSec)],
                ] as const)),
            ["KSM's own records", `${formatWhole(cost.recordBytes)} on average`],
            ['Merges', formatCount(cost.merges)],
            ['COW breaks', formatCount(cost.cowBreaks)],
            ['COW breaks a merge', formatRatio(cost.breaksPerMerge)],
            ['Worth of the saving', formatCoreHours(worth.savingCoreHours)],
            ["Less ksmd's CPU", formatCoreHours(worth.ksmdCoreHours)],
            ['Net worth', formatCoreHours(worth.netCoreHours)],
            [
              'Pays up to a price of',
              worth.breakEvenGibPerCore === null ? UNKNOWN : `${worth.breakEvenGibPerCore.toFixed(1)} GiB a core`,
            ],
          ],
        },
        ...charts,
      ],
    },
  ];
}

const GUEST_COLUMNS: readonly Column[] = [
  { head: '#', align: 'right' },
  { head: 'Guest' },
  { head: 'Kind' },
  { head: 'Merge' },
  { head: 'Known', align: 'right' },
  { head: 'Saved', align: 'right' },
  { head: 'Most', align: 'right' },
  { head: 'GiB-h', align: 'right' },
  { head: 'ksmd s', align: 'right' },
  { head: 'Breaks', align: 'right' },
  { head: 'a merge', align: 'right' },
  { head: 'Net core-h', align: 'right' },
];

function guests({ guests }: Report): Section[] {
  if (guests === null) return [];
  if (guests.length === 0) {
    return [{ title: 'Guests', blocks: [{ kind: 'text', text: 'No guest had memory in KSM in this time.' }] }];
  }
  const rest = guests.length - GUESTS_SHOWN;
  return [
    {
      title: 'Guests',
      blocks: [
        { kind: 'table', columns: GUEST_COLUMNS, rows: guests.slice(0, GUESTS_SHOWN).map(guestRow) },
        ...(rest > 0
          ? [{ kind: 'text', text: `${rest} more guests are worth less than these; --format json has all.` } as const]
          : []),
      ],
    },
  ];
}

function guestRow(guest: GuestFigures, index: number): string[] {
  return [
    String(index + 1),
    clip(printable(guest.name), NAME_WIDTH),
    guest.kind ?? UNKNOWN,
    guest.merge ?? UNKNOWN,
    formatHours(guest.knownHours),
    formatWhole(guest.averageBytes),
    formatWhole(guest.peakBytes),
    guest.byteHours === null ? UNKNOWN : formatFigure(guest.byteHours / 2 ** 30),
    formatFigure(guest.ksmdCpuSec),
    formatCount(guest.cowBreaks),
    formatRatio(guest.breaksPerMerge),
    formatFigure(guest.netCoreHours),
  ];
}

function room({ overcommit, room }: Report): Section[] {
  if (overcommit === null) return [];
  const part = (ratio: number | null, of: string): string => (ratio === null ? '' : `, ${formatPart(ratio)} of ${of}`);
  const rows: (readonly [string, string])[] = [
    ['Physical memory', formatWhole(overcommit.physicalBytes)],
    [
      'Promised to machines',
      `${formatWhole(overcommit.promisedBytes)}${part(overcommit.promisedRatio, 'physical')}` +
        ` (known of ${overcommit.promisedGuests} of ${overcommit.guests} guests)`,
    ],
    ['In use', formatWhole(overcommit.usedBytes)],
    [
      'In use, were nothing merged',
      `${formatWhole(overcommit.usedWithoutBytes)}${part(overcommit.withoutRatio, 'physical')}`,
    ],
    [
      'Offered to KSM',
      `${formatWhole(overcommit.mergeableBytes)}${part(overcommit.mergeableRatio, "those processes' resident memory")}`,
    ],
  ];
  if (room === null) {
    return [
      {
        title: 'Overcommit and room',
        blocks: [
          { kind: 'figures', rows },
          {
            kind: 'text',
            text: 'How many more guests would fit cannot be told: no guest merges, or the memory of the host is not known.',
          },
        ],
      },
    ];
  }
  rows.push(
    ['More guests that fit, merging', formatCount(room.withKsm)],
    ['and safe against unmerging', formatCount(room.safe)],
    ['More guests that fit, without KSM', formatCount(room.withoutKsm)],
  );
  const assumed = [
    `A guest like these offers ${formatWhole(room.guestBytes)}, of which ${formatWhole(room.guestSavedBytes)} are saved: the mean over ${room.basis} that merge.`,
    `${formatWhole(room.usableBytes)} are free for guests: the least that was available in the span, less the margin that ksmpilot always leaves.`,
    `Without KSM, the ${formatWhole(room.savedBytes)} that were saved at most must be held as well.`,
    'Safe means that the host could hold everything if it all unmerged at once, the new guests included.',
    'New guests merge as well as those that run; "ksmpilot estimate" measures it. Guests that use more than they do now need more.',
  ];
  return [
    {
      title: 'Overcommit and room',
      blocks: [
        { kind: 'figures', rows },
        { kind: 'text', text: 'This assumes:' },
        { kind: 'list', items: assumed.map((text) => ({ text, more: [] })) },
      ],
    },
  ];
}

function risk({ risk, courses }: Report): Section[] {
  if (risk === null) return [];
  const charts: Block[] = courses
    .filter(({ name }) => name === 'unmerge_ratio')
    .map((course) => ({ kind: 'chart', course }));
  return [
    {
      title: 'If everything unmerged at once',
      blocks: [
        {
          kind: 'figures',
          rows: [
            ['Needed, of what is free for it, at worst', `${formatPart(risk.worstRatio)}${at(risk.worstMs)}`],
            ['Needed then', formatWhole(risk.worstNeededBytes)],
            ['Free for it then', formatWhole(risk.worstUsableBytes)],
            ['It would not have fitted for', `${formatHours(risk.hoursAbove)} of ${formatHours(risk.knownHours)}`],
          ],
        },
        ...charts,
      ],
    },
  ];
}

function decisions({ decisions }: Report): Section[] {
  if (decisions === null) return [];
  const rows = decisions.told.map(({ timeMs, kind, text }) => [
    formatTime(timeMs),
    kind.replaceAll('-', ' '),
    printable(text),
  ]);
  return [
    {
      title: 'Decisions',
      blocks: [
        {
          kind: 'figures',
          rows: [
            [
              'Decisions told',
              `${formatCount(decisions.decisions)}, of which ${formatCount(decisions.written)} moved a knob`,
            ],
            ['Expectations', `${formatCount(decisions.held)} came true, ${formatCount(decisions.missed)} did not`],
            ['Changes of the mode', formatCount(decisions.modes)],
            ['Knobs moved by somebody else', formatCount(decisions.knobsBySomebodyElse)],
          ],
        },
        ...(rows.length === 0
          ? []
          : ([
              { kind: 'text', text: 'The newest that changed something:' },
              { kind: 'table', columns: [{ head: 'Time' }, { head: 'Kind' }, { head: 'What' }], rows },
            ] as const)),
      ],
    },
  ];
}

function recommendations({ advice }: Report): Section {
  const none: Block = { kind: 'text', text: 'None: nothing in these figures asks for a change.' };
  const items = advice.map(({ code, sentence, evidence, cure }) => ({
    text: `${code}: ${sentence}`,
    more: [...evidence.map((one) => `Evidence: ${one}.`), `Cure: ${cure}`],
  }));
  return { title: 'Recommendations', blocks: [items.length === 0 ? none : { kind: 'list', items }] };
}

function gaps({ gaps, holes }: Report): Section {
  const items = [
    ...gaps,
    ...holes
      .slice(0, HOLES_SHOWN)
      .map(({ fromMs, toMs }) => `No samples from ${formatTime(fromMs)} to ${formatTime(toMs)}.`),
    ...(holes.length > HOLES_SHOWN ? [`${holes.length - HOLES_SHOWN} shorter spans without samples.`] : []),
  ].map((text) => ({ text: printable(text), more: [] }));
  const none: Block = { kind: 'text', text: 'The span was sampled throughout, and all of it is known.' };
  return { title: 'What is not known', blocks: [items.length === 0 ? none : { kind: 'list', items }] };
}

/** Bytes on average are fractions. */
export function formatWhole(bytes: Maybe): string {
  return formatBytes(bytes === null || bytes === undefined ? bytes : Math.round(bytes));
}

export function formatByteHours(byteHours: Maybe): string {
  return byteHours === null || byteHours === undefined ? UNKNOWN : `${formatFigure(byteHours / 2 ** 30)} GiB-hours`;
}

/** `2026-11-21 12:00 UTC`: a report is read elsewhere, later. */
export function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function formatCoreHours(hours: Maybe): string {
  return hours === null || hours === undefined ? UNKNOWN : `${formatFigure(hours)} core-hours`;
}

/** Three digits that say something: `1,234`, `12.3`, `0.0123`. */
export function formatFigure(value: Maybe): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return Math.abs(value) < 0.0005 ? (value < 0 ? '-0.00' : '0.00') : String(Number(value.toPrecision(3)));
}

export function formatPart(ratio: Maybe): string {
  if (ratio === null || ratio === undefined) return UNKNOWN;
  return ratio > 100 ? 'more than 100 times' : `${(100 * ratio).toFixed(ratio < 0.1 ? 1 : 0)} %`;
}

function formatRatio(ratio: Maybe): string {
  return ratio === null || ratio === undefined ? UNKNOWN : ratio.toFixed(2);
}

function formatHours(hours: number): string {
  return hours < 1
    ? `${(hours * 60).toFixed(0)} min`
    : hours < 48
      ? `${hours.toFixed(1)} h`
      : `${(hours / 24).toFixed(1)} d`;
}

function formatCpu(seconds: Maybe): string {
  return seconds === null || seconds === undefined ? UNKNOWN : `${formatFigure(seconds)} CPU-seconds`;
}

function cpuOfAgent(seconds: Maybe): string {
  return seconds === null || seconds === undefined
    ? UNKNOWN
    : `${formatCpu(seconds)}, at its average since it was started`;
}

function average(cores: Maybe): string {
  return cores === null || cores === undefined ? '' : `, ${formatCores(cores).slice(1)} on average`;
}

function at(timeMs: number | null): string {
  return timeMs === null ? '' : `, ${formatTime(timeMs)}`;
}
