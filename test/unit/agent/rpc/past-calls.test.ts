import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { EventList__Output } from '../../../../proto/generated/ksmpilot/v1/EventList.js';
import type { GetHistoryRequest } from '../../../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { History__Output } from '../../../../proto/generated/ksmpilot/v1/History.js';
import type { ListEventsRequest } from '../../../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import type { EventQuery, HistoryQuery } from '../../../../src/agent/model/past.js';
import { call, refusal, startHarness, type Harness } from '../../../helpers/rpc.js';
import { testDecision } from '../../../helpers/agent-port.js';

const history = ({ client }: Harness, request: GetHistoryRequest): Promise<History__Output> =>
  call((done) => client.getHistory(request, done));
const events = ({ client }: Harness, request: ListEventsRequest): Promise<EventList__Output> =>
  call((done) => client.listEvents(request, done));

describe('GetHistory', () => {
  it('asks for what the request says, and tells unknown figures as NaN', async () => {
    await using harness = await startHarness();
    const asked: HistoryQuery[] = [];
    harness.agent.past = {
      ...harness.agent.past,
      history: (query) => {
        asked.push(query);
        return Promise.resolve({
          resolutionMs: 60_000,
          timesMs: [60_000, 180_000],
          columns: [{ name: 'saved_bytes', mean: [1.5, Number.NaN], min: [1, Number.NaN], max: [2, Number.NaN] }],
          oldestMs: 60_000,
          problem: '',
        });
      },
    };
    const answer = await history(harness, {});
    expect(asked).toEqual([{ fromMs: 0, toMs: 0, points: 600, fields: [], guest: '' }]);
    expect(answer).toMatchObject({
      resolution_ms: 60_000,
      time_ms: [60_000, 180_000],
      columns: [{ name: 'saved_bytes', mean: [1.5, Number.NaN], min: [1, Number.NaN], max: [2, Number.NaN] }],
      oldest_ms: 60_000,
      problem: '',
    });
    await history(harness, { from_ms: 5, to_ms: 9, points: 77, fields: ['a', 'b'], guest: 'libvirt/x' });
    expect(asked[1]).toEqual({ fromMs: 5, toMs: 9, points: 77, fields: ['a', 'b'], guest: 'libvirt/x' });
  });

  it.each([
    [{ points: 5001 }, 'points'],
    [{ from_ms: 10, to_ms: 9 }, 'to_ms'],
    [{ guest: 'x'.repeat(1025) }, 'guest'],
    [{ fields: Array.from({ length: 101 }, () => 'f') }, 'fields'],
  ])('refuses %j', async (request, field) => {
    await using harness = await startHarness();
    const error = await refusal(history(harness, request));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain(`REQUEST_INVALID: ${field} `);
  });

  it('is UNAVAILABLE with the cure where no history is kept, NOT_FOUND for a guest that has none', async () => {
    await using harness = await startHarness();
    const off = await refusal(history(harness, {}));
    expect(off.code).toBe(status.UNAVAILABLE);
    expect(off.details).toContain('HISTORY_UNAVAILABLE');
    harness.agent.past = {
      ...harness.agent.past,
      history: () => Promise.reject(new KsmpilotError('GUEST_ABSENT', 'the history has no guest "x"')),
    };
    expect((await refusal(history(harness, { guest: 'x' }))).code).toBe(status.NOT_FOUND);
  });
});

describe('ListEvents', () => {
  it('asks for the kinds by our names, and tells events with their decisions', async () => {
    await using harness = await startHarness();
    const asked: EventQuery[] = [];
    const record = testDecision(3);
    harness.agent.past = {
      ...harness.agent.past,
      events: (query) => {
        asked.push(query);
        // As the file has it: through JSON.
        const event = { kind: 'decision' as const, record, seq: 7, timeMs: 123_000, text: 'track: so be it' };
        return Promise.resolve({ events: [JSON.parse(JSON.stringify(event)) as typeof event], more: true });
      },
    };
    const { events: told, more } = await events(harness, {
      kinds: ['EVENT_KIND_DECISION', 'EVENT_KIND_PROCESS_LEFT', 'EVENT_KIND_DECISION'],
    });
    expect(asked).toEqual([{ fromMs: 0, toMs: 0, kinds: ['decision', 'exited'], limit: 500 }]);
    expect(more).toBe(true);
    expect(told).toMatchObject([
      {
        seq: 7,
        time_ms: 123_000,
        kind: 'EVENT_KIND_DECISION',
        text: 'track: so be it',
        decision: { id: 3, written: true },
      },
    ]);
  });

  it.each([
    [{ limit: 5001 }, 'limit'],
    [{ kinds: ['EVENT_KIND_UNSPECIFIED' as const] }, 'kinds'],
    [{ kinds: [99] as never[] }, 'kinds'],
  ])('refuses %j', async (request, field) => {
    await using harness = await startHarness();
    const error = await refusal(events(harness, request));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain(`REQUEST_INVALID: ${field} `);
  });
});
