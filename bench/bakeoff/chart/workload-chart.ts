import type { Contest, Standing } from '../compare.js';
import { medianRepeat, OURS } from '../compare.js';
import type { Row, TracePoint } from '../types.js';
import { fixed } from '../report/format.js';
import type { Family } from './families.js';
import { FAMILIES } from './families.js';
import type { Box } from './svg.js';
import { letters, marker, picture, polyline, roundTicks, rule, scale } from './svg.js';

const WIDTH = 760;
const HEIGHT = 400;
const SAVED: Box = { left: 62, top: 56, right: 560, bottom: 230 };
const CPU: Box = { ...SAVED, top: 262, bottom: 352 };
/** Marks along a line, so that it can be followed without colours. */
const MARKS = 5;

interface Line {
  readonly family: Family;
  readonly standing: Standing;
  readonly repeat: Row;
}

/**
 * One workload at one price: memory saved over time above, CPU of ksmd added up below, of each family of policies its best one, in its
 * median repeat. Undefined if there is no trace to draw.
 */
export function workloadChart(contest: Contest, title: string): string | undefined {
  const lines = FAMILIES.flatMap((family) => bestOf(family, contest));
  const points = lines.flatMap(({ repeat }) => repeat.trace);
  if (points.length < 2) return undefined;
  const seconds = Math.max(...points.map(({ sec }) => sec));
  const reachable = (lines.at(-1)?.repeat ?? lines[0]?.repeat)?.trace ?? [];
  const mib = ceiling(
    points.map((point) => Math.max(point.savedMib, point.reachableMib)),
    10,
  );
  const cpuSec = ceiling(
    points.map((point) => point.ksmdCpuSec),
    0.1,
  );

  const x = scale([0, seconds], [SAVED.left, SAVED.right]);
  const above = scale([0, mib], [SAVED.bottom, SAVED.top]);
  const below = scale([0, cpuSec], [CPU.bottom, CPU.top]);
  const drawn = (value: (point: TracePoint) => number, y: (value: number) => number): string[] =>
    lines.map((line) => curve(line, (point) => [x(point.sec), y(value(point))]));
  return picture(WIDTH, HEIGHT, `${contest.workload}: ${title}`, description(contest, lines), [
    letters(16, 26, contest.workload, { kind: 'title' }),
    letters(16 + 9 * contest.workload.length + 8, 26, title, { color: 'ink-soft' }),
    letters(SAVED.left, SAVED.top - 8, 'memory saved, MiB', { color: 'ink-soft', kind: 'small' }),
    ...axis(SAVED, x, above, { seconds, most: mib, labels: false }),
    polyline(
      reachable.map((point) => [x(point.sec), above(point.reachableMib)]),
      'thin dash s-ink-soft',
    ),
    ...drawn((point) => point.savedMib, above),
    letters(CPU.left, CPU.top - 8, 'CPU of ksmd so far, seconds', { color: 'ink-soft', kind: 'small' }),
    ...axis(CPU, x, below, { seconds, most: cpuSec, labels: true }),
    ...drawn((point) => point.ksmdCpuSec, below),
    letters((CPU.left + CPU.right) / 2, CPU.bottom + 34, 'seconds', {
      color: 'ink-soft',
      anchor: 'middle',
      kind: 'small',
    }),
    ...legend(lines, contest.price),
  ]);
}

/** The best of a family by its median net, with the repeat that stands for it. */
function bestOf(family: Family, contest: Contest): Line[] {
  const standing = contest.standings.find(({ policy }) => family.has(policy));
  return standing === undefined ? [] : [{ family, standing, repeat: medianRepeat(standing, contest.price) }];
}

function curve({ family, repeat }: Line, place: (point: TracePoint) => [number, number]): string {
  const points = repeat.trace.map(place);
  const [color, ours] = [family.color, family.label === OURS];
  const marks = Array.from({ length: MARKS }, (_, index) => {
    // Each family marks other points, so that lines on top of each other show all their shapes.
    const share = (index + 0.2 + FAMILIES.indexOf(family) / FAMILIES.length) / MARKS;
    return points[Math.min(points.length - 1, Math.floor(share * points.length))];
  });
  return (
    polyline(points, `line s-${color}${ours ? ' ours' : ''}`) +
    marks.map((at) => (at ? marker(family.marker, at[0], at[1], ours ? 4 : 3.5, color) : '')).join('')
  );
}

interface Grid {
  readonly seconds: number;
  readonly most: number;
  /** Seconds are written below this panel. */
  readonly labels: boolean;
}

function axis(box: Box, x: (sec: number) => number, y: (value: number) => number, grid: Grid): string[] {
  return [
    ...roundTicks(0, grid.most, 4).flatMap((value) => [
      rule(box.left, y(value), box.right, y(value), value === 0 ? 'thin s-line' : 'thin s-grid'),
      letters(box.left - 6, y(value) + 4, String(value), { color: 'ink-soft', anchor: 'end', kind: 'small' }),
    ]),
    ...roundTicks(0, grid.seconds, 7).flatMap((sec) => [
      rule(x(sec), box.bottom, x(sec), box.bottom + 4, 'thin s-line'),
      grid.labels
        ? letters(x(sec), box.bottom + 17, String(sec), { color: 'ink-soft', anchor: 'middle', kind: 'small' })
        : '',
    ]),
  ];
}

function legend(lines: readonly Line[], price: number): string[] {
  const left = SAVED.right + 20;
  const sorted = lines.toSorted((a, b) => b.standing.net.median - a.standing.net.median);
  return [
    letters(WIDTH - 16, SAVED.top - 8, `net at price ${price}`, { color: 'ink-soft', anchor: 'end', kind: 'small' }),
    ...sorted.flatMap(({ family, standing }, index) => {
      const y = SAVED.top + 12 + 21 * index;
      const bold = family.label === OURS;
      return [
        rule(left, y, left + 22, y, `line s-${family.color}${bold ? ' ours' : ''}`),
        marker(family.marker, left + 11, y, bold ? 4 : 3.5, family.color),
        letters(left + 30, y + 4, standing.policy, { bold }),
        letters(WIDTH - 16, y + 4, fixed(standing.net.median, 2), { anchor: 'end', bold }),
      ];
    }),
    rule(
      left,
      SAVED.top + 12 + 21 * lines.length,
      left + 22,
      SAVED.top + 12 + 21 * lines.length,
      'thin dash s-ink-soft',
    ),
    letters(left + 30, SAVED.top + 16 + 21 * lines.length, 'reachable', { color: 'ink-soft' }),
  ];
}

function description({ workload, price }: Contest, lines: readonly Line[]): string {
  const nets = lines.map(({ standing }) => `${standing.policy} ${fixed(standing.net.median, 2)}`);
  return `${workload}, net at price ${price} in core-seconds: ${nets.join(', ')}.`;
}

function ceiling(values: readonly number[], least: number): number {
  return Math.max(least, 1.05 * Math.max(...values));
}
