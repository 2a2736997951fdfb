import { describe, expect, it } from 'vitest';
import type { Host__Output } from '../../../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { checksOf, type Check } from '../../../../web/page/health.js';

const GIB = 1024 ** 3;
const probe = (state: string, detail = ''): Host__Output['probes'][number] => ({
  name: 'cow',
  state,
  detail,
  restarts: 0,
});
const host = (extra: Partial<Host__Output> = {}): Host__Output =>
  ({ problems: [], rivals: [], probes: [probe('running')], ...extra }) as unknown as Host__Output;
const sample = (extra: Partial<SampleFrame__Output> = {}): SampleFrame__Output =>
  ({
    cpu_pressure_pct: 1,
    memory_pressure_pct: 0,
    unmerge_needed_bytes: GIB,
    unmerge_usable_bytes: 8 * GIB,
    ...extra,
  }) as SampleFrame__Output;
const check = (id: Check['id'], checks: readonly Check[]): Check | undefined => checks.find((one) => one.id === id);

describe('checksOf', () => {
  it('finds a healthy host healthy', () => {
    const checks = checksOf(host(), sample());
    expect(checks.map(({ look }) => look)).toEqual(['good', 'good', 'good', 'good', 'good']);
    expect(check('unmerge', checks)?.text).toBe('Unmerging all fits: 1.00 GiB of 8.00 GiB');
  });

  it('tells what is not known from what is good', () => {
    const checks = checksOf(host(), undefined);
    expect(checks.filter(({ look }) => look === 'unknown').map(({ id }) => id)).toEqual(['unmerge', 'memory', 'cpu']);
  });

  it('puts the worst first', () => {
    const checks = checksOf(
      host({ rivals: ['ksmtuned'], problems: [{ code: 'X', what: 'No `bpftrace`.', cure: '' }] }),
      sample({ cpu_pressure_pct: 30 }),
    );
    expect(checks.map(({ look }) => look)).toEqual(['bad', 'notice', 'notice', 'good', 'good', 'good']);
    expect(checks[0]?.text).toBe('ksmtuned moves the same knobs');
    expect(check('problems', checks)?.text).toBe('No bpftrace.');
  });

  it.each([
    [9, 8, 'bad'],
    [7, 8, 'notice'],
    [6, 8, 'good'],
    [1, 0, 'bad'],
    [0, 0, 'good'],
  ])('needs %d GiB of %d: %s', (needed, usable, look) => {
    const frame = sample({ unmerge_needed_bytes: needed * GIB, unmerge_usable_bytes: usable * GIB });
    expect(check('unmerge', checksOf(host(), frame))?.look).toBe(look);
  });

  it.each([
    [[probe('running'), probe('unavailable', 'not needed: fentry sees the same')], 'good', '1 of 1 probes run'],
    [[probe('running'), probe('failed')], 'bad', '1 of 2 probes run'],
    [[probe('off')], 'notice', '0 of 1 probes run'],
    [[], 'notice', '0 of 0 probes run'],
  ])('probes %#', (probes, look, text) => {
    expect(check('probes', checksOf(host({ probes }), sample()))).toMatchObject({ look, text });
  });
});
