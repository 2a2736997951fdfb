import { describe, expect, it, vi } from 'vitest';
import type { BpftraceChild, BpftraceExit } from '../../../../src/agent/probes/bpftrace.js';
import { Supervisor, type RunnableProgram } from '../../../../src/agent/probes/supervisor.js';

const program = (name: string): RunnableProgram => ({
  name,
  text: `// ${name}\ninterval:s:1\n{\n}\n`,
  title: `bpf/${name}.bt`,
});
const line = (data: string): string => JSON.stringify({ type: 'printf', data });

/** A child that prints one frame for each named program, then lives until stopped or ended. */
class FakeChild implements BpftraceChild {
  readonly pid = 1;
  readonly exited: Promise<BpftraceExit>;
  readonly onLine: (line: string) => void;
  end: (exit?: Partial<BpftraceExit>) => void = () => undefined;

  constructor(onLine: (line: string) => void) {
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
}

function setUp(timing = {}) {
  const children: FakeChild[] = [];
  const states: string[] = [];
  const epochs: string[] = [];
  const supervisor = new Supervisor({
    intervalSec: 1,
    launch: (_program, onLine) => {
      const child = new FakeChild(onLine);
      children.push(child);
      return child;
    },
    onEpoch: () => epochs.push('begin'),
    onEpochEnd: () => epochs.push('end'),
    onMessage: () => undefined,
    onState: (name, state) => states.push(`${name} ${state}`),
    timing: { backoffMs: 5, backoffMaxMs: 20, checkMs: 1_000, ...timing },
  });
  const child = async (index: number): Promise<FakeChild> =>
    vi.waitFor(() => children[index] ?? Promise.reject(new Error('none')));
  return { supervisor, children, states, epochs, child };
}

describe('the supervisor', () => {
  it('has started when every program brought a frame, not before', async () => {
    const { supervisor, child, states } = setUp();
    let started = false;
    const start = supervisor.start([program('a'), program('b')]).then(() => (started = true));
    (await child(0)).frame('a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(started).toBe(false);
    (await child(0)).frame('b');
    await start;
    expect(states).toEqual(['a starting', 'b starting', 'a running', 'b running']);
    await supervisor.stop();
  });

  it('closes each epoch that it opened', async () => {
    const { supervisor, child, epochs } = setUp();
    const start = supervisor.start([program('a')]);
    (await child(0)).frame('a');
    await start;
    (await child(0)).end({ code: 1 });
    (await child(1)).frame('a');
    await supervisor.stop();
    expect(epochs).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('stops while it waits to begin again', async () => {
    const { supervisor, child, children } = setUp({ backoffMs: 60_000 });
    const start = supervisor.start([program('a')]);
    (await child(0)).frame('a');
    await start;
    (await child(0)).end({ code: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await supervisor.stop();
    expect(children).toHaveLength(1);
  });

  it('stops before the first frame, and the start is then over too', async () => {
    const { supervisor, child } = setUp();
    const start = supervisor.start([program('a')]);
    await child(0);
    await supervisor.stop();
    await start;
  });

  it('begins anew with other programs when asked, at once', async () => {
    const { supervisor, child, states } = setUp({ backoffMs: 60_000 });
    const start = supervisor.start([program('a')]);
    (await child(0)).frame('a');
    await start;
    supervisor.restart([program('a'), program('b')], 'b arrived');
    (await child(1)).frame('a', 'b');
    expect(states).not.toContain('a backoff');
    expect(states.at(-1)).toBe('b running');
    await supervisor.stop();
  });

  it('leaves a program out for good that alone does not start', async () => {
    const { supervisor, child, states } = setUp();
    const start = supervisor.start([program('a'), program('b')]);
    (await child(0)).end({ code: 1, stderr: 'ERROR: bad b' }); // together
    (await child(1)).frame('a'); // a alone: ended after its frame
    (await child(2)).end({ code: 1, stderr: 'ERROR: bad b' }); // b alone
    (await child(3)).frame('a'); // the rest
    await start;
    expect(states).toContain('b failed');
    supervisor.restart([program('a'), program('b')], 'planned');
    (await child(4)).frame('a');
    await vi.waitFor(() => expect(states.at(-1)).toBe('a running'));
    await supervisor.stop();
  });

  it('ends a run that brings no first frame', async () => {
    const { supervisor, child, states } = setUp({ checkMs: 5, startMs: 20, backoffMaxMs: 60_000 });
    await supervisor.start([program('a')]);
    await child(0);
    expect(states).toEqual(['a starting', 'a failed']);
    await supervisor.stop();
  });
});
