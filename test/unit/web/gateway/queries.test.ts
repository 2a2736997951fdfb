import { describe, expect, it } from 'vitest';
import { guestOf, historyOf, lookBackOf, pastEventsOf, whatIfOf } from '../../../../web/gateway/queries.js';

const query = (text: string): URLSearchParams => new URLSearchParams(text);
const wrong = expect.objectContaining({
  refusal: expect.objectContaining({
    status: 400,
    body: expect.objectContaining({ code: 'REQUEST_INVALID' }) as unknown,
  }) as unknown,
}) as Error;

describe('what an address asks for', () => {
  it('becomes a request for history, defaults left to the agent', () => {
    expect(historyOf(query(''))).toEqual({ from_ms: 0, to_ms: 0, points: 0, fields: [], guest: '' });
    expect(historyOf(query('from_ms=1000&to_ms=2000&points=50&fields=saved_bytes,ksmd_cpu_pct,&guest=uuid:1'))).toEqual(
      {
        from_ms: 1_000,
        to_ms: 2_000,
        points: 50,
        fields: ['saved_bytes', 'ksmd_cpu_pct'],
        guest: 'uuid:1',
      },
    );
  });

  it('becomes a request for events, kinds with or without their prefix', () => {
    expect(pastEventsOf(query('limit=10&kinds=FULL_SCAN,EVENT_KIND_MODE'))).toEqual({
      from_ms: 0,
      to_ms: 0,
      limit: 10,
      kinds: ['EVENT_KIND_FULL_SCAN', 'EVENT_KIND_MODE'],
    });
  });

  it('becomes a replay, a look-back, a guest', () => {
    expect(whatIfOf(query('look_back_sec=60&policies=a,b'))).toEqual({ look_back_sec: 60, policies: ['a', 'b'] });
    expect([lookBackOf(query('')), lookBackOf(query('look_back_sec=0'))]).toEqual([900, 0]);
    expect(guestOf(query('guest=a%2Fb'))).toBe('a/b');
  });

  it.each([
    ['history', () => historyOf(query('points=5001'))],
    ['history', () => historyOf(query('from_ms=-1'))],
    ['history', () => historyOf(query('from_ms=1e3'))],
    ['history', () => historyOf(query('from_ms=5&to_ms=4'))],
    ['history', () => historyOf(query(`fields=${'a,'.repeat(65)}`))],
    ['history', () => historyOf(query(`guest=${'x'.repeat(513)}`))],
    ['events', () => pastEventsOf(query('kinds=constructor'))],
    ['events', () => pastEventsOf(query('kinds=UNSPECIFIED'))],
    ['whatif', () => whatIfOf(query('look_back_sec=86401'))],
    ['look back', () => lookBackOf(query('look_back_sec='))],
    ['guest', () => guestOf(query(''))],
    ['guest', () => guestOf(query('guest='))],
  ])('is refused where it cannot be meant: %s', (_, read) => {
    expect(read).toThrow(wrong);
  });
});
