import { describe, expect, it, vi } from 'vitest';
import type { BpftraceChild, BpftraceExit } from '../../../../src/agent/probes/bpftrace.js';
import type { RunnableProgram } from '../../../../src/agent/probes/runnable.js';
import { Supervisor } from '../../../../src/agent/probes/supervisor.js';
import type { SubjectName, TierName } from '../../../../src/agent/probes/tier.js';
import { TierChoice } from '../../../../src/agent/probes/tier-choice.js';

const program = (name: SubjectName, tier: TierName): RunnableProgram => ({
  name,
  tier,
  taxing: false,
  text: `interval:s:1\n{\n\tprintf("${name} ${tier}");\n}\n`,
  title: `bpf/${name}.bt by ${tier}`,
});

/** `scanner`, or `cow: fentry kprobe`: a subject with its tiers, best first. */
function choiceOf(...subjects: string[]): TierChoice {
  return new TierChoice(
    subjects.map((subject) => {
      const [name = '', tiers = 'tracepoint'] = subject.split(': ');
      const order = tiers.split(' ') as TierName[];
      const programs = order.map((tier) => program(name as SubjectName, tier));
      return { name: name as SubjectName, order, programs, excluded: [] };
    }),
  );
}

const KFUNC = `f.bt:1:1-17: ERROR: kfunc/kretfunc not available for your kernel version.
kfunc:do_wp_page { @ = count(); }
~~~~~~~~~~~~~~~~`;

const line = (data: string): string => JSON.stringify({ type: 'printf', data });

/** A child that prints one frame for each named program, then lives until stopped or ended. */
class FakeChild implements BpftraceChild {
  readonly pid = 1;
  readonly exited: Promise<BpftraceExit>;
  readonly onLine: (line: string) => void;
  end: (exit?: Partial<BpftraceExit>) => void = () => undefined;
  readonly program: string;

  constructor(onLine: (line: string) => void, program: string) {
    this.program = program;
    this.onLine = onLine;
    this.exited = new Promise((resolve) => {
      this.end = (exit = {}) => resolve({ code: 0, signal: undefined, stderr: '', ...exit });
    });
  }

  frame(...names: string[]): void {
    for (const name of names) {
      this.onLine(line(`tick ${name} 1\n`));
      this.onLine(line(`tock ${name}\n`));
    }
  }

  stop(): void {
    this.end();
  }

  printMaps(): void {
    throw new Error('nobody asks');
  }
}

function setUp(timing = {}) {
  const children: FakeChild[] = [];
  const states: string[] = [];
  const details: string[] = [];
  const epochs: string[] = [];
  const supervisor = new Supervisor({
    intervalSec: 1,
    launch: (text, onLine) => {
      const child = new FakeChild(onLine, text);
      children.push(child);
      return child;
    },
    onEpoch: () => epochs.push('begin'),
    onEpochEnd: () => epochs.push('end'),
    onMessage: () => undefined,
    onState: (name, state, detail) => {
      states.push(`${name} ${state}`);
      details.push(detail);
    },
    timing: { backoffMs: 5, backoffMaxMs: 20, checkMs: 1_000, ...timing },
  });
  const child = async (index: number): Promise<FakeChild> =>
    vi.waitFor(() => children[index] ?? Promise.reject(new Error('none')));
  return { supervisor, children, states, details, epochs, child };
}

describe('the supervisor', () => {
  it('has started when every program brought a frame, not before', async () => {
    const { supervisor, child, states } = setUp();
    let started = false;
    const start = supervisor.start(choiceOf('scanner', 'cow')).then(() => (started = true));
    (await child(0)).frame('scanner');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(started).toBe(false);
    (await child(0)).frame('cow');
    await start;
    expect(states).toEqual(['scanner starting', 'cow starting', 'scanner running', 'cow running']);
    await supervisor.stop();
  });

  it('closes each epoch that it opened', async () => {
    const { supervisor, child, epochs } = setUp();
    const start = supervisor.start(choiceOf('scanner'));
    (await child(0)).frame('scanner');
    await start;
    (await child(0)).end({ code: 1 });
    (await child(1)).frame('scanner');
    await supervisor.stop();
    expect(epochs).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('stops while it waits to begin again', async () => {
    const { supervisor, child, children } = setUp({ backoffMs: 60_000 });
    const start = supervisor.start(choiceOf('scanner'));
    (await child(0)).frame('scanner');
    await start;
    (await child(0)).end({ code: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await supervisor.stop();
    expect(children).toHaveLength(1);
  });

  it('stops before the first frame, and the start is then over too', async () => {
    const { supervisor, child } = setUp();
    const start = supervisor.start(choiceOf('scanner'));
    await child(0);
    await supervisor.stop();
    await start;
  });

  it('begins anew with other programs when asked, at once', async () => {
    const { supervisor, child, states } = setUp({ backoffMs: 60_000 });
    const start = supervisor.start(choiceOf('scanner'));
    (await child(0)).frame('scanner');
    await start;
    supervisor.restart(choiceOf('scanner', 'cow'), 'cow arrived');
    (await child(1)).frame('scanner', 'cow');
    expect(states).not.toContain('scanner backoff');
    expect(states.at(-1)).toBe('cow running');
    await supervisor.stop();
  });

  it('leaves a program out for good that alone does not start', async () => {
    const { supervisor, child, states } = setUp();
    const start = supervisor.start(choiceOf('scanner', 'cow'));
    (await child(0)).end({ code: 1, stderr: 'ERROR: bad b' }); // together
    (await child(1)).frame('scanner'); // a alone: ended after its frame
    (await child(2)).end({ code: 1, stderr: 'ERROR: bad b' }); // b alone
    (await child(3)).frame('scanner'); // the rest
    await start;
    expect(states).toContain('cow failed');
    supervisor.restart(choiceOf('scanner', 'cow'), 'planned');
    (await child(4)).frame('scanner');
    await vi.waitFor(() => expect(states.at(-1)).toBe('scanner running'));
    await supervisor.stop();
  });

  it('ends a run that brings no first frame', async () => {
    const { supervisor, child, states } = setUp({ checkMs: 5, startMs: 20, backoffMaxMs: 60_000 });
    await supervisor.start(choiceOf('scanner'));
    await child(0);
    expect(states).toEqual(['scanner starting', 'scanner failed']);
    await supervisor.stop();
  });

  it('takes the next tier of a program that alone does not start, and tells why not the better one', async () => {
    const { supervisor, children, child, states, details } = setUp();
    const start = supervisor.start(choiceOf('scanner', 'cow: fentry tracepoint'));
    (await child(0)).end({ code: 1, stderr: KFUNC }); // together
    (await child(1)).end({ code: 1, stderr: KFUNC }); // the one with a spare is tried first
    (await child(2)).frame('scanner', 'cow');
    await start;
    expect(children.map(({ program: text }) => text.match(/cow \w+|scanner(?= tracepoint)/g)?.join(' '))).toEqual([
      'scanner cow fentry',
      'cow fentry',
      'scanner cow tracepoint',
    ]);
    expect(states).not.toContain('cow failed');
    expect(details.at(-1)).toBe(
      'bpf/cow.bt by tracepoint; no fentry: bpftrace ended with 1: ' +
        'f.bt:1:1-17: ERROR: kfunc/kretfunc not available for your kernel version.',
    );
    await supervisor.stop();
  });

  it('goes down all tiers of a lone program, and begins with the best again when none works', async () => {
    const { supervisor, child, children, states } = setUp({ backoffMaxMs: 20 });
    const start = supervisor.start(choiceOf('cow: fentry kprobe'));
    (await child(0)).end({ code: 1, stderr: KFUNC });
    (await child(1)).end({ code: 255, stderr: "ERROR: Error attaching probe: 'kprobe:do_wp_page'" });
    await start;
    expect(states.at(-1)).toBe('cow failed');
    (await child(2)).frame('cow');
    expect(children.map(({ program: text }) => /cow (\w+)/.exec(text)?.[1])).toEqual(['fentry', 'kprobe', 'fentry']);
    await vi.waitFor(() => expect(states.at(-1)).toBe('cow running'));
    await supervisor.stop();
  });

  it('does not blame a program for a bpftrace that was killed before its first frame', async () => {
    const { supervisor, child, children, states } = setUp();
    const start = supervisor.start(choiceOf('cow: fentry kprobe'));
    (await child(0)).end({ code: undefined, signal: 'SIGKILL' });
    (await child(1)).frame('cow');
    await start;
    expect(children.map(({ program: text }) => /cow (\w+)/.exec(text)?.[1])).toEqual(['fentry', 'fentry']);
    expect(states).toContain('cow backoff');
    await supervisor.stop();
  });

  it('blames it for a bpftrace that crashed', async () => {
    const { supervisor, child, children } = setUp();
    const start = supervisor.start(choiceOf('cow: fentry kprobe'));
    (await child(0)).end({ code: undefined, signal: 'SIGSEGV' });
    (await child(1)).frame('cow');
    await start;
    expect(children.map(({ program: text }) => /cow (\w+)/.exec(text)?.[1])).toEqual(['fentry', 'kprobe']);
    await supervisor.stop();
  });

  it('waits without a bpftrace while there is nothing to run', async () => {
    const { supervisor, child, children } = setUp();
    await supervisor.start(choiceOf());
    expect(children).toHaveLength(0);
    supervisor.restart(choiceOf('scanner'), 'the tracepoints arrived');
    (await child(0)).frame('scanner');
    await supervisor.stop();
  });
});
