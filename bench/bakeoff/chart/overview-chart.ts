import type { Contest, Standing } from '../compare.js';
import { OURS } from '../compare.js';
import { fixed } from '../report/format.js';
import type { Family } from './families.js';
import { FAMILIES } from './families.js';
import { letters, marker, picture, roundTicks, rule, scale } from './svg.js';

const WIDTH = 760;
const [LEFT, RIGHT] = [92, 736];
const [TOP, LINE] = [84, 30];

/** All workloads at one price: a dot for the median net of each policy. Undefined while no policy has run. */
export function overviewChart(contests: readonly Contest[], price: number): string | undefined {
  const played = contests.filter((contest) => contest.price === price && contest.standings.length > 0);
  const nets = played.flatMap(({ standings }) => standings.map(({ net }) => net.median));
  if (nets.length === 0) return undefined;
  // Some policies lose many times what the others win; they stand at the edge, so that the others can be told apart.
  const telling = played.flatMap(({ ours, best, off }) =>
    [ours?.net.min, ours?.net.max, best?.net.median, off?.net.median, 0].filter((net) => net !== undefined),
  );
  const span = Math.max(0.1, Math.max(...nets, ...telling) - Math.min(...telling));
  const high = Math.max(...nets, ...telling) + 0.04 * span;
  const low = Math.max(Math.min(...nets, ...telling) - 0.04 * span, Math.min(...telling) - 0.4 * span);
  const x = scale([low, high], [LEFT + 8, RIGHT]);
  const bottom = TOP + LINE * played.length;

  return picture(WIDTH, bottom + 44, `Net at price ${price}, all workloads`, description(played, price), [
    letters(16, 26, `net at price ${price}`, { kind: 'title' }),
    letters(136, 26, 'median of each policy, core-seconds over the window; further right is better', {
      color: 'ink-soft',
    }),
    ...legend(played),
    ...roundTicks(low, high, 8).flatMap((value) => [
      rule(x(value), TOP, x(value), bottom, value === 0 ? 'thin s-ink-soft' : 'thin s-grid'),
      letters(x(value), bottom + 16, shown(value), {
        color: 'ink-soft',
        anchor: 'middle',
        kind: 'small',
      }),
    ]),
    nets.some((net) => net < low)
      ? letters(LEFT - 4, bottom + 34, `◂ left of ${fixed(low, 1)}`, {
          color: 'ink-soft',
          kind: 'small',
        })
      : '',
    ...played.flatMap((contest, index) => {
      const y = TOP + LINE * (index + 0.5);
      return [
        letters(16, y + 4, contest.workload),
        rule(LEFT, TOP + LINE * (index + 1), RIGHT, TOP + LINE * (index + 1), 'thin s-line'),
        ...FAMILIES.flatMap((family) =>
          contest.standings.filter(({ policy }) => family.has(policy)).map((one) => dot(one, family, x, y, low)),
        ),
      ];
    }),
  ]);
}

function dot({ net, policy }: Standing, family: Family, x: (value: number) => number, y: number, low: number): string {
  if (net.median < low) return letters(LEFT - 4, y + 4, '◂', { color: family.color, kind: 'small' });
  if (policy !== OURS) return marker(family.marker, x(net.median), y, 4, family.color);
  const reach = rule(x(Math.max(low, net.min)), y, x(net.max), y, `line s-${family.color}`);
  return reach + marker(family.marker, x(net.median), y, 6, family.color);
}

function legend(contests: readonly Contest[]): string[] {
  const present = FAMILIES.filter(({ has }) =>
    contests.some(({ standings }) => standings.some(({ policy }) => has(policy))),
  ).toReversed();
  let left = 20;
  return present.flatMap((family) => {
    const bold = family.label === OURS;
    const at = left;
    left += 34 + 6.6 * family.label.length;
    return [marker(family.marker, at, 52, bold ? 6 : 4, family.color), letters(at + 11, 56, family.label, { bold })];
  });
}

function description(contests: readonly Contest[], price: number): string {
  const lines = contests.map(({ workload, ours, best }) => {
    const text = (standing: Standing | undefined): string => standing?.net.median.toFixed(2) ?? 'not run';
    return `${workload}: ${OURS} ${text(ours)}, best other ${best?.policy ?? ''} ${text(best)}`;
  });
  return `Core-seconds at price ${price}. ${lines.join('; ')}.`;
}

function shown(value: number): string {
  return String(value).replace('-', '−');
}
