import { describe, expect, it } from 'vitest';
import { foreignChanges } from '../../../../src/agent/model/knob-watch.js';

describe('foreignChanges', () => {
  const before = { run: 1, pages_to_scan: 100 };

  it('is silent when nothing moved', () => expect(foreignChanges(before, before, {})).toEqual([]));
  it('names a knob that moved by itself', () =>
    expect(foreignChanges(before, { ...before, pages_to_scan: 64 }, {})).toEqual([
      { knob: 'pages_to_scan', from: '100', to: '64', by: 'somebody else' },
    ]));
  it('does not report our own write again', () =>
    expect(foreignChanges(before, { ...before, pages_to_scan: 64 }, { pages_to_scan: 64 })).toEqual([]));
  it('sees who overwrote us in between', () =>
    expect(foreignChanges(before, { ...before, pages_to_scan: 9 }, { pages_to_scan: 64 })).toEqual([
      { knob: 'pages_to_scan', from: '64', to: '9', by: 'somebody else' },
    ]));
  it('sees who put the old value back after our write', () =>
    expect(foreignChanges(before, before, { pages_to_scan: 64 })).toHaveLength(1));
  it('does not take a file that could not be read for a change', () =>
    expect(foreignChanges(before, { run: 1 }, {})).toEqual([]));
});
