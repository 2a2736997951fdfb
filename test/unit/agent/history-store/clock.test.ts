import { describe, expect, it } from 'vitest';
import { ClockTrust } from '../../../../src/agent/history-store/clock.js';

const MIN = 60_000;
const HOUR = 60 * MIN;
const NOW = 1_790_000_000_000;

describe('a clock', () => {
  it('is trusted when it has run for an hour', () => {
    const trust = new ClockTrust();
    expect(trust.look(NOW, 0)).toBe(false);
    expect(trust.look(NOW + 59 * MIN, 59 * MIN)).toBe(false);
    expect(trust.look(NOW + HOUR, HOUR)).toBe(true);
  });

  it('is not, for another hour, when it was set', () => {
    const trust = new ClockTrust();
    trust.look(NOW, 0);
    trust.look(NOW + HOUR, HOUR);
    expect(trust.look(NOW + 1000 * HOUR, HOUR + MIN)).toBe(false);
    expect(trust.look(NOW + 2 * HOUR, HOUR + 2 * MIN)).toBe(false);
    expect(trust.look(NOW + 2 * HOUR + 59 * MIN, 2 * HOUR + MIN)).toBe(false);
    expect(trust.look(NOW + 3 * HOUR, 2 * HOUR + 2 * MIN)).toBe(true);
  });

  it('is when it is corrected by seconds', () => {
    const trust = new ClockTrust();
    trust.look(NOW, 0);
    expect(trust.look(NOW + HOUR - 2000, HOUR)).toBe(true);
    expect(trust.look(NOW + HOUR + 5000, HOUR + MIN)).toBe(true);
  });
});
