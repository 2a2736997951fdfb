import { describe, expect, it } from 'vitest';
import type { WhatIfReport__Output } from '../../../../../../proto/generated/ksmpilot/v1/WhatIfReport.js';
import { whatIfPicture } from '../../../../../../web/page/views/tuner/what-if-rows.js';

function report(nets: Readonly<Record<string, number>>, seconds = 100): WhatIfReport__Output {
  const rows = Object.entries(nets).map(([policy, net_core_sec]) => ({
    policy,
    net_core_sec,
    saved_gib_sec: 1,
    ksmd_cpu_sec: 1,
    saved_end_bytes: 1,
  }));
  return { what: '', seconds, gib_per_core: 8, rows, unknowns: [] };
}

describe('what other policies would have done', () => {
  it('has what really ran first, then the others, best first', () => {
    const { lines } = whatIfPicture(report({ recorded: 20, off: 0, bad: -10, good: 30 }));
    expect(lines.map(({ policy }) => policy)).toEqual(['recorded', 'good', 'off', 'bad']);
    expect(lines.map(({ isRecorded }) => isRecorded)).toEqual([true, false, false, false]);
    expect(lines.find(({ isBest }) => isBest)?.policy).toBe('good');
    expect(lines[0]?.netCores).toBe(0.2);
  });

  it('draws gains to the right and losses to the left of one line', () => {
    const { lines, zero } = whatIfPicture(report({ recorded: 30, bad: -10 }));
    expect(zero).toBe(0.25);
    expect(lines.map(({ bar }) => bar)).toEqual([
      { from: 0.25, to: 1 },
      { from: 0, to: 0.25 },
    ]);
  });

  it('draws nothing where nobody gains or loses, and knows no net of no time', () => {
    expect(whatIfPicture(report({ recorded: 0, off: 0 })).lines[0]?.bar).toEqual({ from: 0, to: 0 });
    expect(whatIfPicture(report({ recorded: 5 }, 0)).lines[0]).toMatchObject({ netCores: 0, isBest: false });
    expect(whatIfPicture(report({})).lines).toEqual([]);
  });
});
