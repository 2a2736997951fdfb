import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import type { EventFrame__Output } from '../../../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { AgentEvent } from '../../../../src/agent/model/event.js';
import { TestAgent, testPoint, testRow } from '../../../helpers/agent-port.js';
import { Collected, startHarness, until } from '../../../helpers/rpc.js';

const SAMPLE_QUEUE = 120;

function event(seq: number, kind: 'entered' | 'exited'): AgentEvent {
  return { kind, pid: seq, comm: 'guest', seq, timeMs: 1_700_000_000_000 + seq * 1000, text: `${kind} ${seq}` };
}

test('look-back, then live, without gap or duplicate', async () => {
  const agent = new TestAgent();
  for (let seq = 0; seq < 500; seq += 1) agent.addPoint(testPoint(seq));
  await using harness = await startHarness({}, agent);
  // The newest point is 499; 299 seconds before it is 200.
  const samples = new Collected(harness.client.streamSamples({ look_back_sec: 299 }));
  await samples.first(1);
  for (let seq = 500; seq < 520; seq += 1) agent.addPoint(testPoint(seq));
  // Announced once more, as an agent might that tells and stores in two steps.
  for (const listener of agent.pointListeners) listener(testPoint(519));
  agent.addPoint(testPoint(520));
  const frames = await samples.first(321);
  expect(frames.map(({ seq }) => seq)).toEqual(Array.from({ length: 321 }, (_, index) => 200 + index));
  expect(frames.every(({ dropped }) => dropped === 0)).toBe(true);
  samples.cancel();
});

test('without look-back only what comes; processes only when asked for', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  await using harness = await startHarness({}, agent);
  const plain = new Collected(harness.client.streamSamples({}));
  const full = new Collected(harness.client.streamSamples({ with_processes: true }));
  await until(() => harness.server.streamStats.open === 2, 'two streams');
  agent.addPoint(testPoint(1, { processes: [testRow({ pid: 1, comm: 'a' })] }));
  expect((await plain.first(1))[0]).toMatchObject({ seq: 1, processes: [] });
  expect((await full.first(1))[0]).toMatchObject({ seq: 1, processes: [{ pid: 1, comm: 'a' }] });
  plain.cancel();
  full.cancel();
});

test('a reader that asks for it gets what waits in one frame, in order and complete', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  for (let seq = 0; seq < 700; seq += 1) agent.addEvent(event(seq, 'entered'));
  await using harness = await startHarness({}, agent);
  const events = new Collected(harness.client.streamEvents({ look_back_sec: 86_400, max_batch: 300 }));
  const single = new Collected(harness.client.streamEvents({ look_back_sec: 86_400 }));
  const frames = await events.first(3);
  expect(frames.map(({ more }) => 1 + more.length)).toEqual([300, 300, 100]);
  const seqs = frames.flatMap(({ seq, more }) => [seq, ...more.map((one) => one.seq)]);
  expect(seqs).toEqual(Array.from({ length: 700 }, (_, index) => index));
  const last = frames[2]?.more.at(-1);
  expect(last).toMatchObject({ kind: 'EVENT_KIND_PROCESS_ENTERED', process: { pid: 699, comm: 'guest' }, more: [] });
  expect((await single.first(700)).every(({ more }) => more.length === 0)).toBe(true);

  // Nothing is held back: one event is a frame of one.
  agent.addEvent(event(700, 'exited'));
  expect((await events.first(4))[3]).toMatchObject({ seq: 700, more: [] });
  events.cancel();
  single.cancel();
});

test('more events in a frame than wait for a reader are refused', async () => {
  await using harness = await startHarness();
  const events = new Collected(harness.client.streamEvents({ max_batch: 1025 }));
  await until(() => events.error !== undefined, 'the refusal');
  expect(events.error).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(events.error?.details).toContain('max_batch');
});

test('events by kind, with look-back', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(4));
  for (const [seq, kind] of (['entered', 'exited', 'entered', 'exited'] as const).entries()) {
    agent.addEvent(event(seq, kind));
  }
  await using harness = await startHarness({}, agent);
  const all = new Collected<EventFrame__Output>(harness.client.streamEvents({ look_back_sec: 60 }));
  const left = new Collected<EventFrame__Output>(
    harness.client.streamEvents({ look_back_sec: 60, kinds: ['EVENT_KIND_PROCESS_LEFT'] }),
  );
  await left.first(2);
  agent.addEvent(event(4, 'entered'));
  agent.addEvent(event(5, 'exited'));
  expect((await all.first(6)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
  expect((await left.first(3)).map(({ seq, kind }) => [seq, kind])).toEqual(
    [1, 3, 5].map((seq) => [seq, 'EVENT_KIND_PROCESS_LEFT']),
  );
  expect(left.frames.every(({ dropped }) => dropped === 0)).toBe(true);
});

test('a reader that does not read: the queue stays bounded, the oldest go, the count arrives', async () => {
  const agent = new TestAgent();
  await using harness = await startHarness({}, agent);
  // About 14 KB a frame, so that a few frames fill the HTTP/2 window.
  const processes = Array.from({ length: 400 }, (_, pid) => testRow({ pid, comm: 'qemu-system-x86', savedBytes: pid }));
  const stream = harness.client.streamSamples({ with_processes: true });
  await until(() => harness.server.streamStats.open === 1, 'the stream');
  const total = 2000;
  let most = 0;
  for (let seq = 0; seq < total; seq += 1) {
    agent.addPoint(testPoint(seq, { processes }));
    most = Math.max(most, harness.server.streamStats.queued);
    if (seq % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(most).toBe(SAMPLE_QUEUE);
  const { dropped } = harness.server.streamStats;
  expect(dropped).toBeGreaterThan(total / 2);

  const samples = new Collected<SampleFrame__Output>(stream);
  await until(() => samples.frames.at(-1)?.seq === total - 1, 'the newest frame');
  expect(samples.frames.length + dropped).toBe(total);
  expect(samples.frames.at(-1)?.dropped).toBe(dropped);
  // At every frame: what came before it either arrived or is counted.
  for (const [index, frame] of samples.frames.entries()) expect(frame.seq).toBe(index + frame.dropped);
  samples.cancel();
  await until(() => harness.server.streamStats.open === 0, 'the end of the stream');
  expect(harness.server.streamStats).toEqual({ open: 0, queued: 0, dropped });
});

test('a reader that goes away leaves nothing behind', async () => {
  await using harness = await startHarness();
  const { agent, server } = harness;
  const listeners = agent.pointListeners.size;
  const streams = Array.from({ length: 5 }, () => new Collected(harness.client.streamSamples({})));
  await until(() => server.streamStats.open === 5, 'five streams');
  expect(agent.pointListeners.size).toBe(listeners + 5);
  for (const stream of streams) stream.cancel();
  await until(() => server.streamStats.open === 0, 'their end');
  expect(agent.pointListeners.size).toBe(listeners);
  agent.addPoint(testPoint(0));
});

test('one stream too many is refused, and the place is free again once one ends', async () => {
  await using harness = await startHarness({ limits: { streams: 2 } });
  const first = new Collected(harness.client.streamSamples({}));
  const second = new Collected(harness.client.streamEvents({}));
  await until(() => harness.server.streamStats.open === 2, 'two streams');
  const third = new Collected(harness.client.streamSamples({}));
  await until(() => third.error !== undefined, 'the refusal');
  expect(third.error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(third.error?.metadata.get('ksmpilot-code')).toEqual(['STREAMS_EXHAUSTED']);
  first.cancel();
  await until(() => harness.server.streamStats.open === 1, 'a free place');
  const fourth = new Collected(harness.client.streamSamples({}));
  await until(() => harness.server.streamStats.open === 2, 'the fourth');
  harness.agent.addPoint(testPoint(0));
  await fourth.first(1);
  second.cancel();
});

test.each([86_401, 4_000_000_000])('look_back_sec %s is out of range', async (look_back_sec) => {
  await using harness = await startHarness();
  const samples = new Collected(harness.client.streamSamples({ look_back_sec }));
  const events = new Collected(harness.client.streamEvents({ look_back_sec }));
  await until(() => samples.error !== undefined && events.error !== undefined, 'both refusals');
  for (const { error } of [samples, events]) {
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(error?.details).toContain(`REQUEST_INVALID: look_back_sec must be 0 to 86400, not ${look_back_sec}.`);
  }
  expect(harness.server.streamStats.open).toBe(0);
});

test.each([['EVENT_KIND_UNSPECIFIED' as const], [99 as 7]])('unknown event kind %s', async (kind) => {
  await using harness = await startHarness();
  const refused = new Collected(harness.client.streamEvents({ kinds: [kind] }));
  await until(() => refused.error !== undefined, 'the refusal');
  expect(refused.error).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(refused.error?.details).toContain('kinds');
});

test('a point that cannot be told ends that stream only', async () => {
  await using harness = await startHarness();
  const stream = new Collected(harness.client.streamSamples({}));
  await until(() => harness.server.streamStats.open === 1, 'the stream');
  harness.agent.addPoint({ ...testPoint(0), probes: undefined as never });
  await until(() => stream.error !== undefined, 'the end');
  expect(stream.error).toMatchObject({ code: status.INTERNAL });
  expect(harness.log.lines.some(({ level }) => level === 'error')).toBe(true);
  const next = new Collected(harness.client.streamSamples({}));
  await until(() => harness.server.streamStats.open === 1, 'the next stream');
  harness.agent.addPoint(testPoint(1));
  expect(await next.first(1)).toHaveLength(1);
});

test('stopping ends streams with UNAVAILABLE', async () => {
  await using harness = await startHarness();
  const stream = new Collected(harness.client.streamSamples({}));
  await until(() => harness.server.streamStats.open === 1, 'the stream');
  await harness.server.stop();
  await until(() => stream.error !== undefined, 'the end');
  expect(stream.error).toMatchObject({ code: status.UNAVAILABLE });
  expect(stream.error?.details).toContain('AGENT_STOPPING');
});
