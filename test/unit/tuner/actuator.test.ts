import { describe, expect, test } from 'vitest';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { actuate, inOrder, noteActuation } from '../../../src/tuner/actuator.js';
import { changes } from '../../../src/tuner/decision.js';
import { initialState, takeOver } from '../../../src/tuner/state.js';
import type { Decision, KnobName, KnobPort, Knobs } from '../../../src/tuner/types.js';

const slow: Knobs = { run: 0, pages_to_scan: 100, sleep_millisecs: 20 };

function decisionFor(from: Knobs, to: Knobs): Decision {
  return {
    id: 7,
    monoMs: 0,
    phase: 'burst',
    reason: 'test',
    wanted: to,
    changes: changes(from, to),
    estimates: [],
    expectation: null,
    outcome: null,
  };
}

class FakePort implements KnobPort {
  readonly writes: string[] = [];
  readonly knobs: Record<KnobName, number>;
  constructor(
    knobs: Knobs,
    readonly refuse?: KnobName,
  ) {
    this.knobs = { smart_scan: 1, ...knobs };
  }
  read(knob: string): number {
    return this.knobs[knob as KnobName];
  }
  write(knob: string, value: number | string): void {
    if (knob === this.refuse) {
      throw new KsmpilotError('KSM_KNOB_REFUSED', `writing ${value} to ${knob} failed with EINVAL.`, { hint: 'Wait.' });
    }
    this.writes.push(`${knob}=${value}`);
    this.knobs[knob as KnobName] = Number(value);
  }
}

describe('actuate', () => {
  test('writes differences only, starting last', () => {
    const port = new FakePort(slow);
    const result = actuate(decisionFor(slow, { run: 1, pages_to_scan: 3000, sleep_millisecs: 20 }), port);
    expect(port.writes).toEqual(['pages_to_scan=3000', 'run=1']);
    expect(result.written.map((change) => change.knob)).toEqual(['pages_to_scan', 'run']);
    expect(result.refused).toBeNull();
  });

  test.each([
    ['both grow', { pages_to_scan: 9000, sleep_millisecs: 900 }, ['sleep_millisecs', 'pages_to_scan']],
    ['both shrink', { pages_to_scan: 10, sleep_millisecs: 4 }, ['pages_to_scan', 'sleep_millisecs']],
    ['faster', { pages_to_scan: 9000, sleep_millisecs: 4 }, ['pages_to_scan', 'sleep_millisecs']],
    ['slower', { pages_to_scan: 10, sleep_millisecs: 2000 }, ['sleep_millisecs', 'pages_to_scan']],
  ])('%s: no state in between scans faster than the faster end', (_name, to, order) => {
    const from = { ...slow, run: 1 };
    const list = inOrder(changes(from, { run: 1, ...to }));
    expect(list.map((change) => change.knob)).toEqual(order);
    const rate = (knobs: Knobs): number => knobs.pages_to_scan / knobs.sleep_millisecs;
    const between = { ...from, [list[0]?.knob ?? 'run']: list[0]?.to };
    expect(rate(between)).toBeLessThanOrEqual(Math.max(rate(from), rate({ run: 1, ...to })));
  });

  test('a refused write stops the rest and is reported with its cure', () => {
    const port = new FakePort(slow, 'pages_to_scan');
    const result = actuate(decisionFor(slow, { run: 1, pages_to_scan: 3000, sleep_millisecs: 40 }), port);
    expect(port.writes).toEqual(['sleep_millisecs=40']);
    expect(result.refused?.knob).toBe('pages_to_scan');
    expect(result.refused?.text).toContain('KSM_KNOB_REFUSED');
    expect(result.refused?.text).toContain('Hint: Wait.');
    expect(result.notTried).toEqual(['run']);
  });

  test('a knob that moved since it was observed is not overwritten', () => {
    const port = new FakePort({ ...slow, pages_to_scan: 55 });
    const result = actuate(decisionFor(slow, { run: 1, pages_to_scan: 3000, sleep_millisecs: 20 }), port);
    expect(port.writes).toEqual([]);
    expect(result.refused).toMatchObject({ movedMeanwhile: true, text: 'pages_to_scan went from 100 to 55' });
  });

  test('a knob that already holds the value is left alone', () => {
    const port = new FakePort({ ...slow, run: 1 });
    const result = actuate(decisionFor(slow, { ...slow, run: 1 }), port);
    expect({ writes: port.writes, there: result.alreadyThere.map((change) => change.knob) }).toEqual({
      writes: [],
      there: ['run'],
    });
  });

  test('whatever the port throws, it does not throw', () => {
    const port: KnobPort = {
      read: () => {
        // eslint would have it an Error; a foreign port may not.
        throw Object.create(null) as Error;
      },
      write: () => undefined,
    };
    expect(actuate(decisionFor(slow, { ...slow, run: 1 }), port).refused?.text).toMatch(/^writing 1 to run failed/);
  });
});

describe('noteActuation', () => {
  const guarded = { ...initialState(), guard: { ...initialState().guard, expected: slow } };

  test('what was written is expected from then on', () => {
    const result = actuate(decisionFor(slow, { ...slow, run: 1 }), new FakePort(slow));
    const { guard } = noteActuation(guarded, result, 5000);
    expect(guard.expected).toEqual({ ...slow, run: 1 });
    expect(guard.expectedSinceMs).toBe(5000);
  });

  test('refusals back off, doubling, and are forgotten after a success', () => {
    const decision = decisionFor(slow, { ...slow, run: 1 });
    const refused = actuate(decision, new FakePort(slow, 'run'));
    const once = noteActuation(guarded, refused, 0);
    const twice = noteActuation(once, refused, 0);
    expect([once.guard.retryAtMs, twice.guard.retryAtMs]).toEqual([10_000, 20_000]);
    let many = twice;
    for (let i = 0; i < 100; i++) many = noteActuation(many, refused, 0);
    expect(many.guard.retryAtMs).toBe(600_000);
    expect(noteActuation(many, actuate(decision, new FakePort(slow)), 0).guard.refused).toBeNull();
  });

  test('a knob that moved meanwhile makes auto yield, until taken over again', () => {
    const moved = actuate(decisionFor(slow, { ...slow, run: 1 }), new FakePort({ ...slow, run: 2 }));
    const yielded = noteActuation(guarded, moved, 0);
    expect(yielded.guard.yielded).toBe('run went from 0 to 2');
    expect(takeOver(yielded).guard.yielded).toBeNull();
  });
});
