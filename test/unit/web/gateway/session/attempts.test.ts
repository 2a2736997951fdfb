import { describe, expect, it } from 'vitest';
import { ABOVE, Attempts, IN_ALL, MAX_ADDRESSES, PER_ADDRESS } from '../../../../../web/gateway/session/attempts.js';

function make(): {
  fail: (address: string) => number;
  succeed: (address: string) => void;
  pass: (ms: number) => void;
  attempts: Attempts;
} {
  let now = 0;
  const attempts = new Attempts(() => now);
  return {
    attempts,
    fail: (address) => attempts.take(address).waitSec,
    succeed: (address) => {
      const attempt = attempts.take(address);
      if (!attempt.mayAsk) throw new Error('no attempt left');
      attempt.succeeded();
    },
    pass: (ms) => (now += ms),
  };
}

describe('attempts', () => {
  it('run out for an address, and come back one by one', () => {
    const { fail, pass } = make();
    for (let at = 0; at < PER_ADDRESS.burst; at += 1) expect(fail('a')).toBe(0);
    expect(fail('a')).toBe(PER_ADDRESS.everyMs / 1_000);
    expect(fail('b')).toBe(0);
    pass(PER_ADDRESS.everyMs);
    expect(fail('a')).toBe(0);
    expect(fail('a')).toBeGreaterThan(0);
  });

  it('run out over all addresses', () => {
    const { fail, pass } = make();
    for (let at = 0; at < IN_ALL.burst; at += 1) expect(fail(`a${at}`)).toBe(0);
    expect(fail('another')).toBe(1);
    pass(IN_ALL.everyMs);
    expect(fail('another')).toBe(0);
  });

  it('are not used up by who has a token', () => {
    const { succeed, fail } = make();
    for (let at = 0; at < 10 * IN_ALL.burst; at += 1) succeed('a');
    expect(fail('a')).toBe(0);
  });

  it('above the limit are asked about in case they are right, up to a rate', () => {
    const { attempts, fail, succeed, pass } = make();
    for (let at = 0; at < PER_ADDRESS.burst; at += 1) fail('a');
    for (let at = 0; at < ABOVE.burst; at += 1) expect(attempts.take('a')).toMatchObject({ waitSec: 6, mayAsk: true });
    expect(attempts.take('a').mayAsk).toBe(false);
    succeed('b');
    pass(ABOVE.everyMs);
    succeed('a');
  });

  it('of all addresses of an IPv6 network count as those of one machine', () => {
    const { fail } = make();
    for (let at = 0; at < PER_ADDRESS.burst; at += 1) expect(fail(`2001:db8:0:1::${at.toString(16)}`)).toBe(0);
    expect(fail('2001:db8:0:1::ffff')).toBeGreaterThan(0);
    expect(fail('2001:db8:0:2::1')).toBe(0);
  });

  it('are remembered for a bounded number of addresses', () => {
    const { attempts, fail, pass } = make();
    for (let at = 0; at < 3 * MAX_ADDRESSES; at += 1) {
      fail(`a${at}`);
      pass(IN_ALL.everyMs);
    }
    expect(attempts.addresses).toBeLessThanOrEqual(MAX_ADDRESSES);
  });
});
