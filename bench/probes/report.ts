import { totalCores } from './duty-cost.js';
import { rowsOf, type Row } from './rows.js';
import { percent, targets, withInterval } from './targets.js';
import { KIND_TITLES, KINDS } from './types.js';

const MIB = 2 ** 20;

/** docs/overhead.md, made of the rows alone. */
export function renderReport(rows: readonly Row[]): string {
  return [
    '# What the probes cost',
    'Written by `npm run bench:probes -- --write`; rerun it on your own hosts. What the agent itself costs: [footprint.md](footprint.md). How the programs work: [bpf/README.md](../bpf/README.md).',
    machine(rows),
    '## What must be reached',
    'On the tracepoint tier. On the entry tiers (fentry, kprobe) the programs hang on `do_wp_page`, and ordinary faults run none of them.',
    table(
      ['', 'limit', 'measured (95 % interval)', ''],
      targets(rows).map(({ what, limit, measured, verdict }) => [what, limit, measured, `**${verdict}**`]),
    ),
    'met: the whole interval is below the limit. missed: it is above. undecided: it contains the limit.',
    ...faults(rows),
    ...delivery(rows),
    ...statistics(rows),
    ...startup(rows),
    ...duty(rows),
  ].join('\n\n');
}

function machine(rows: readonly Row[]): string {
  return rowsOf(rows, 'machine')
    .map(({ kernel, cpu, cpus, bpftrace, loadBefore, loadAfter, quick, missing }) =>
      [
        `Linux ${kernel}, ${cpus} CPUs (${cpu}), bpftrace ${bpftrace}; load average ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} at the end.`,
        ...(quick ? ['A quick run: too few pairs to conclude from.'] : []),
        ...missing.map((what) => `Not measured: ${what}.`),
      ].join(' '),
    )
    .join('\n');
}

function faults(rows: readonly Row[]): string[] {
  const costs = rowsOf(rows, 'faults');
  const [first] = costs;
  if (first === undefined) return [];
  const sections = KINDS.flatMap((kind) => [
    `### ${KIND_TITLES[kind]}`,
    table(
      ['attached', 'min', 'median', 'above nothing', 'above the empty program'],
      costs
        .filter((row) => row.kind === kind)
        .map((row) => [
          row.set,
          row.min.toFixed(0),
          row.median.toFixed(0),
          row.set === 'nothing' ? '' : withInterval(row.aboveNothing),
          row.set === 'nothing' || row.set === 'empty' ? '' : withInterval(row.aboveEmpty),
        ]),
    ),
  ]);
  const sets = [...new Map(costs.map(({ set, title }) => [set, title]))];
  return [
    '## Nanoseconds per event',
    `${first.aboveNothing.pairs} rounds. In each round every set of programs is attached in turn, and each kind of fault is timed under it in batches of 64; a figure is the median of 64 batches. Differences are taken pair by pair within a round; shown is their median with its 95 % interval (percentile bootstrap over the pairs). Faults are made on one CPU, which the perf events of bpftrace do not live on (see below).`,
    sets.map(([set, title]) => `- ${set}: ${title}`).join('\n'),
    ...sections,
    'An empty program is the floor: the tracepoint itself, the way into BPF and back. In a merge two of these tracepoints fire for each new pair, in ksmd only.',
  ];
}

function delivery(rows: readonly Row[]): string[] {
  const told = rowsOf(rows, 'delivery');
  if (told.length === 0) return [];
  return [
    '## The CPU that the perf events live on',
    'bpftrace hangs each program on its tracepoint through a perf event on CPU 0. The program runs on all CPUs alike; on CPU 0 the kernel then hands each event on to that perf event too, where nobody reads it. So faults on CPU 0 cost more while bpftrace is attached. An empty program, nanoseconds above nothing for an ordinary fault:',
    table(
      ['faults on', 'perf event disabled', 'perf event enabled, as bpftrace leaves it'],
      told.map(({ cpu, quiet, heard }) => [`CPU ${cpu}`, withInterval(quiet), withInterval(heard)]),
    ),
  ];
}

function statistics(rows: readonly Row[]): string[] {
  const times = rowsOf(rows, 'statistics');
  if (times.length === 0) return [];
  return [
    '## Time inside the programs',
    "From the kernel's own statistics (BPF_ENABLE_STATS, on for this part only), all programs attached. Without the tracepoint and the way into BPF. Instructions are the program's size after the verifier; this is no count of those executed, which would need a PMU. Runs by faults of other processes are in the means; fewer than 100 are left out.",
    table(
      ['tracepoint', 'while', 'runs', 'ns per run', 'instructions'],
      times.map(({ tracepoint, kind, runs, nsPerRun, instructions }) => [
        tracepoint,
        KIND_TITLES[kind],
        String(runs),
        nsPerRun.toFixed(0),
        String(instructions),
      ]),
    ),
  ];
}

function startup(rows: readonly Row[]): string[] {
  const starts = rowsOf(rows, 'startup');
  const [first] = starts;
  if (first === undefined) return [];
  const idle = rowsOf(rows, 'idle').map(
    ({ name, cores, seconds }) =>
      `${name}: ${percent(cores)} of a core while nothing happens that it counts (${seconds} s)`,
  );
  return [
    '## bpftrace itself',
    `Medians of ${first.starts} starts each, in turn. The first frame comes one interval (1 s) after the programs are attached.`,
    table(
      [
        'programs',
        'tracepoints',
        'attached, s',
        'first frame, s',
        'CPU until then, s',
        'end, s',
        'RSS, MiB',
        'private dirty, MiB',
      ],
      starts.map((row) => [
        row.name,
        String(row.probes),
        ...[row.attachedMs, row.firstFrameMs, row.cpuMs, row.stopMs].map((ms) => (ms / 1000).toFixed(2)),
        ...[row.resident, row.privateDirty].map((bytes) => (bytes / MIB).toFixed(0)),
      ]),
    ),
    ...(idle.length === 0 ? [] : [idle.map((line) => `- ${line}`).join('\n')]),
  ];
}

function duty(rows: readonly Row[]): string[] {
  const costs = rowsOf(rows, 'duty');
  if (costs.length === 0) return [];
  return [
    '## The duty cycle',
    "The programs that tax page faults run in windows (docs/probes.md). Computed: the agent's own policy (`src/agent/probes/duty-policy.ts`) is played against a steady rate, with the prices measured above. Measured: the probes ran for that long on this machine; in so short a time the credit for the first windows weighs heavily. The tax is the number of faults while programs were attached, times what they add to the dearest kind of fault that is no break, mean of all CPUs; in the windows that also time breaks, 300 ns more, which is assumed. The CPU time of windows includes, where measured, what finds the kernel's layout once at the start.",
    table(
      ['', 'faults/s', 'breaks/s', 'over', 'windows', 'attached', "windows' bpftrace", 'tax', 'steady bpftrace', 'sum'],
      costs.map((row) => [
        row.how,
        row.faultsPerSec.toFixed(0),
        row.breaksPerSec.toFixed(0),
        row.seconds >= 3600 ? `${(row.seconds / 3600).toFixed(0)} h` : `${row.seconds.toFixed(0)} s`,
        String(row.windows),
        `${(row.attachedShare * 100).toFixed(2)} %`,
        percent(row.windowCores),
        percent(row.taxCores),
        percent(row.steadyCores),
        percent(totalCores(row)),
      ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
