import { describe, expect, it } from 'vitest';
import { duration, Progress, rowLine } from '../../../../bench/bakeoff/progress.js';
import type { Row } from '../../../../bench/bakeoff/types.js';

const ROW = {
  ...{ workload: 'storm', policy: 'ksmpilot', repeat: 2, price: 8 },
  ...{ saved_gib_s: 12.345, reachable_gib_s: 20, ksmd_cpu_s: 1.5, t95_s: 6.04, foreign_load: 0.02 },
  ...{ net_4: 1.5, net_8: -0.25, net_16: -1 },
} as Row;

describe('rowLine', () => {
  it('tells the net at the price of the run', () => {
    expect(rowLine(ROW)).toMatch(
      /^storm ksmpilot at 8 #2 +net -0.25 core-s; saved 12.35 of 20.00 GiB s, ksmd 1.50 s, 95 % after 6.0 s$/,
    );
  });

  it('tells it at all three for a policy without a price, and the load of others where there is some', () => {
    const line = rowLine({ ...ROW, policy: 'off', price: null, t95_s: null, foreign_load: 0.5 });
    expect(line).toContain('net +1.50 (4) -0.25 (8) -1.00 (16);');
    expect(line).toMatch(/ksmd 1.50 s, others' load 0.50$/);
  });
});

describe('duration', () => {
  it.each([
    [40, '40 s'],
    [720, '12 min'],
    [11_100, '3 h 5 min'],
  ])('of %d s is %s', (sec, text) => {
    expect(duration(sec)).toBe(text);
  });
});

describe('Progress', () => {
  it('counts cells, tells failures, and what is left by the windows to come', () => {
    const said: string[] = [];
    const progress = new Progress({ write: (text) => said.push(text), isTTY: false, windows: [60, 30, 30] });
    expect(progress.leftSec()).toBeGreaterThan(120);
    progress.begin(ROW);
    progress.stage('preparing');
    progress.end('no guest');
    progress.begin(ROW);
    progress.end(ROW);
    expect(said[0]).toMatch(/^\[1\/3\] storm ksmpilot at 8 #2: FAILED: no guest {2}left \d+ s\n$/);
    expect(said[1]).toMatch(/^\[2\/3\] storm ksmpilot at 8 #2 .* left 30 s\n$/);
    expect(said).toHaveLength(2);
  });

  it('writes a live line on a terminal only, and takes it away before the next', () => {
    const said: string[] = [];
    const progress = new Progress({ write: (text) => said.push(text), isTTY: true, windows: [60] });
    progress.begin(ROW);
    progress.stage('measuring');
    progress.say('a note');
    progress.end(ROW);
    const shown = said.join('');
    expect(shown).toContain('storm ksmpilot at 8 #2: measuring (0 s)\r\u001b[Ka note\n');
    expect(shown.endsWith('GiB s, ksmd 1.50 s, 95 % after 6.0 s\n')).toBe(true);
  });
});
