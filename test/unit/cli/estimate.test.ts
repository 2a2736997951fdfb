import { describe, expect, it } from 'vitest';
import type { EstimateResult, ProcessEstimate } from '../../../src/agent/estimate/estimate.js';
import type { MemoryHost } from '../../../src/agent/estimate/host-memory.js';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { registerEstimate } from '../../../src/cli/estimate.js';
import { estimateJson } from '../../../src/cli/format-estimate-json.js';
import { estimateText, progressText } from '../../../src/cli/format-estimate-text.js';
import { paintFor } from '../../../src/cli/format-colour.js';
import { memoryIo, runCli } from '../../helpers/cli.js';

const HOST: MemoryHost = { pageSize: 4096, ksmPresent: true, rules: { maxPageSharing: 256, useZeroPages: false } };
const point = (value: number): { value: number; low: number; high: number } => ({ value, low: value, high: value });

const process_: ProcessEstimate = {
  pid: 4711,
  comm: 'qemu\u001b[31m',
  candidatePages: 2560,
  offeredPages: 1280,
  hugePages: 512,
  zeroPages: 256,
  zeroPage: 3,
  placedZeroPages: undefined,
  unfitPages: 256,
  swappedPages: 0,
  lostPages: 1,
  within: { value: 512, low: 256, high: 768 },
};

const result: EstimateResult = {
  processes: [process_],
  refusals: [
    { pid: 1, comm: undefined, state: 'refused', error: new KsmpilotError('MEMORY_UNREADABLE', '/proc/1/mem: EACCES') },
    { pid: 9, comm: 'gone', state: 'gone', error: new KsmpilotError('PROCESS_ABSENT', 'there is no process 9') },
  ],
  without: [2, 3],
  totals: {
    all: { value: 1024, low: 512, high: 1280 },
    offered: point(256),
    already: point(0),
    within: { value: 512, low: 256, high: 768 },
    across: { value: 512, low: 256, high: 768 },
  },
  sampling: {
    rate: 0.05,
    begunRate: 0.1,
    pilotPages: 100,
    readPages: 2560,
    hashedPages: 130,
    contents: 120,
    forgottenFrames: 0,
  },
};

const text = (changes: Partial<EstimateResult> = {}, host = HOST): string =>
  estimateText({ ...result, ...changes }, host, 2500, paintFor(memoryIo()));

describe('text', () => {
  it('tells what would be saved, with its interval, and by whom', () => {
    const shown = text();
    expect(shown).toMatch(/if all of it were offered +4\.0 MiB +2\.0 MiB to 5\.0 MiB/);
    expect(shown).toMatch(/of what is offered now +1\.0 MiB +1\.0 MiB to 1\.0 MiB/);
    expect(shown).toMatch(/4711 +qemu\?\[31m +10\.0 MiB +5\.0 MiB +2\.0 MiB +1\.0 MiB +2\.0 MiB/);
    expect(shown).not.toContain('\u001b');
  });

  it('says what it rests on and what it leaves out', () => {
    const shown = text();
    expect(shown).toContain('5.0 % of the contents were looked at');
    expect(shown).toContain('lowered from 10.0 %');
    expect(shown).toContain('2.0 MiB are in huge pages');
    expect(shown).toContain('1.0 MiB more are shared');
    expect(shown).toContain('The first: /proc/1/mem: EACCES');
    expect(shown).toContain('Pages that went away before they could be read: 1.');
  });

  it('does not speak of chance where there was none', () => {
    expect(text({ sampling: { ...result.sampling, rate: 1, begunRate: 1 } })).toContain('nothing is left to chance');
  });

  it('says when there is no KSM to do it', () => {
    expect(text({}, { ...HOST, ksmPresent: false })).toContain('This kernel has no KSM');
  });

  it('lists twenty processes and says how many more there are', () => {
    const processes = Array.from({ length: 23 }, (_, index) => ({ ...process_, pid: index + 1 }));
    expect(text({ processes })).toContain('and 3 smaller ones');
  });
});

it('has every key in JSON, unknown as null', () => {
  const json = JSON.parse(JSON.stringify(estimateJson(result, HOST, 2500.4))) as Record<string, unknown>;
  expect(json).toMatchObject({
    page_size: 4096,
    candidate_bytes: 2560 * 4096,
    offered_bytes: 1280 * 4096,
    zero_bytes: 2 ** 20,
    saving: { all: { bytes: 2 ** 22, low_bytes: 2 ** 21, high_bytes: 1280 * 4096 }, offered: { bytes: 2 ** 20 } },
    processes: [{ pid: 4711, zero_placed_bytes: null, within: { bytes: 2 ** 21 } }],
    not_read: [
      { pid: 1, comm: null, state: 'refused', code: 'MEMORY_UNREADABLE' },
      { pid: 9, comm: 'gone', state: 'gone', code: 'PROCESS_ABSENT' },
    ],
    without_private_memory: [2, 3],
    sampling: { confidence_pct: 95, rate_pct: 5, begun_rate_pct: 10 },
    elapsed_ms: 2500,
  });
});

it('shows progress in bytes, and no more than all of it', () => {
  expect(progressText(2 ** 30, 2 ** 32, 500)).toBe('Estimating: 25 % of 4.0 GiB, 2.0 GiB/s');
  expect(progressText(2 ** 33, 2 ** 32, 1000)).toContain('100 %');
  expect(progressText(0, 0, 0)).toContain('100 %');
});

describe('the command', () => {
  it.each([
    [['estimate']],
    [['estimate', '--all', '--pid', '1']],
    [['estimate', '--pid', 'x']],
    [['estimate', '--all', '--rate', '0']],
    [['estimate', '--all', '--max-cpu', '101']],
  ])('takes %j for wrong usage', async (args) => {
    const { code, out, err } = await runCli(registerEstimate, args);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  it('says that there is no such process, or that it needs root', async () => {
    const { code, out, err } = await runCli(registerEstimate, ['estimate', '--pid', '4194304']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(process.geteuid?.() === 0 ? /PROCESS_ABSENT/ : /NOT_ROOT/);
  });
});
