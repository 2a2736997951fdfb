import { describe, expect, it } from 'vitest';
import { refuseIfForeign, type ForeignView } from '../../../../src/agent/demo/foreign.js';
import type { ProcessRaw } from '../../../../src/agent/model/raw.js';

const kvm = (more: Partial<ProcessRaw> = {}): ProcessRaw => ({ pid: 700, startTicks: 1, comm: 'kvm', ...more });
const view = (more: Partial<ForeignView> = {}): ForeignView => ({
  processes: [],
  bookkeepingReadable: true,
  yes: false,
  ...more,
});

describe('refuseIfForeign', () => {
  it.each([
    { ksm_mergeable: true },
    { ksm_merge_any: true },
    { ksm_merging_pages: 1 },
    { ksm_rmap_items: 1 },
    { ksm_zero_pages: 1 },
  ])("refuses beside somebody else's process with %j, and names it", (bookkeeping) => {
    const error = refuseIfForeign(view({ processes: [kvm(bookkeeping)] }));
    expect(error?.code).toBe('DEMO_REFUSED');
    expect(error?.message).toContain('kvm (pid 700)');
    expect(error?.hint).toContain('--yes');
  });

  it('agrees where no process offers memory, though pages_sharing still counts pages of processes that ended', () => {
    const idle = kvm({ ksm_mergeable: false, ksm_merging_pages: 0, ksm_rmap_items: 0 });
    expect(refuseIfForeign(view({ processes: [idle], pages_sharing: 58_000 }))).toBeUndefined();
  });

  it('goes by pages_sharing where processes cannot be looked at', () => {
    expect(refuseIfForeign(view({ bookkeepingReadable: false, pages_sharing: 12 }))?.message).toContain('12 pages');
    expect(refuseIfForeign(view({ bookkeepingReadable: false, pages_sharing: 0 }))).toBeUndefined();
    expect(refuseIfForeign(view({ bookkeepingReadable: false }))).toBeUndefined();
  });

  it('does not count our own guests', () => {
    const processes = [kvm({ ksm_merging_pages: 5 })];
    expect(refuseIfForeign(view({ processes, ownPids: new Set([700]) }))).toBeUndefined();
  });

  it('obeys --yes', () => {
    expect(refuseIfForeign(view({ processes: [kvm({ ksm_mergeable: true })], yes: true }))).toBeUndefined();
  });

  it('names a few of many', () => {
    const processes = [1, 2, 3, 4, 5].map((pid) => kvm({ pid, ksm_mergeable: true }));
    expect(refuseIfForeign(view({ processes }))?.message).toMatch(/kvm \(pid 3\) and 2 more$/);
  });
});
