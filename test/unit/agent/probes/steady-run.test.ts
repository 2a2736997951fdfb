import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BpftraceExit } from '../../../../src/agent/probes/bpftrace.js';
import type { RunnableProgram } from '../../../../src/agent/probes/runnable.js';
import { SteadyRun } from '../../../../src/agent/probes/steady-run.js';
import type { TierName } from '../../../../src/agent/probes/tier.js';
import { TierChoice } from '../../../../src/agent/probes/tier-choice.js';

const cow = (tier: TierName): RunnableProgram => ({
  name: 'cow',
  tier,
  taxing: tier === 'tracepoint',
  text: `interval:s:1\n{\n\tprintf("${tier}");\n}\n`,
  title: `bpf/cow by ${tier}`,
});

const line = (type: string, data: unknown): string => JSON.stringify({ type, data });

let run: SteadyRun | undefined;
afterEach(() => run?.stop());

/** A steady run whose bpftrace is played by the test. */
function setUp(...tiers: TierName[]) {
  const launched: { tier: string; onLine: (line: string) => void }[] = [];
  const kernel = { cow_ksm: 0 };
  const states: string[] = [];
  const steady = new SteadyRun({
    intervalSec: 1,
    launch: (program, onLine) => {
      launched.push({ tier: /printf\("(\w+)"/.exec(program)?.[1] ?? '', onLine });
      let stop = (): void => undefined;
      const exited = new Promise<BpftraceExit>((resolve) => {
        stop = () => resolve({ code: 0, signal: undefined, stderr: '' });
      });
      return { pid: 1, exited, stop, printMaps: () => undefined };
    },
    timing: { checkMs: 60_000 },
    maxProcesses: 64,
    readCowKsm: () => kernel.cow_ksm,
    lifetimeOneIn: () => 1,
    onMessage: () => undefined,
    onFrame: () => undefined,
    onMergeTimes: () => undefined,
    onState: (name, state, detail) => states.push(`${name} ${state}: ${detail}`),
  });
  run = steady;
  const choice = new TierChoice([
    { name: 'cow', order: ['fentry', 'kprobe', 'tracepoint'], programs: tiers.map(cow), excluded: [] },
  ]);
  const frame = (breaks: number): void => {
    const { onLine } = launched.at(-1) ?? { onLine: () => undefined };
    onLine(line('printf', 'tick cow 1\n'));
    onLine(line('map', { '@cow': { '7,0': breaks } }));
    onLine(line('printf', 'tock cow\n'));
  };
  return { choice, frame, kernel, launched, states, steady };
}

describe('a tier that attaches and counts wrong', () => {
  it('is left for the next one, with what it counted', async () => {
    const { choice, frame, kernel, launched, states, steady } = setUp('fentry', 'tracepoint');
    const started = steady.start(choice);
    for (kernel.cow_ksm = 100; kernel.cow_ksm < 700; kernel.cow_ksm += 100) frame(0);
    await started;
    await vi.waitFor(() => expect(launched.map(({ tier }) => tier)).toEqual(['fentry', 'tracepoint']));
    frame(50);
    expect(steady.totals.cow).toMatchObject({ tier: 'tracepoint', attributed: 50 });
    expect(states.at(-1)).toBe(
      'cow running: bpf/cow by tracepoint; no fentry: it counted 0 COW breaks where the kernel counted 100, so it is not believed',
    );
  });

  it('leaves nothing behind of what it made up', async () => {
    const { choice, frame, kernel, launched, steady } = setUp('fentry', 'tracepoint');
    const started = steady.start(choice);
    for (const [breaks, cow_ksm] of [
      [10, 10],
      [20, 20],
      [90_000, 30],
      [190_000, 40],
    ] as const) {
      kernel.cow_ksm = cow_ksm;
      frame(breaks);
      expect(steady.totals.cow?.attributed).toBeLessThanOrEqual(cow_ksm);
    }
    await started;
    await vi.waitFor(() => expect(launched.map(({ tier }) => tier)).toEqual(['fentry', 'tracepoint']));
    frame(5);
    expect(steady.totals.cow).toMatchObject({ tier: 'tracepoint', attributed: 25 });
    expect(steady.totals.processes).toMatchObject([{ pid: 7, cowBreaks: 25 }]);
  });

  it('and is the last one leaves no figures that would be wrong from then on, and says so', async () => {
    const { choice, frame, kernel, launched, states, steady } = setUp('fentry');
    const started = steady.start(choice);
    for (kernel.cow_ksm = 100; kernel.cow_ksm < 700; kernel.cow_ksm += 100) frame(0);
    await started;
    await vi.waitFor(() =>
      expect(states.at(-1)).toContain('cow failed: PROBE_UNSUPPORTED: bpf/cow by fentry: it counted'),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(launched).toHaveLength(1);
  });

  it('is not one that agrees with the kernel', async () => {
    const { choice, frame, kernel, launched, steady } = setUp('fentry', 'tracepoint');
    const started = steady.start(choice);
    for (kernel.cow_ksm = 100; kernel.cow_ksm < 2_000; kernel.cow_ksm += 100) frame(kernel.cow_ksm);
    await started;
    expect(launched).toHaveLength(1);
    expect(steady.totals.cow).toMatchObject({ tier: 'fentry', attributed: 1_900, cow_ksm: 1_900 });
  });
});
