import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GuestList__Output } from '../../../../../proto/generated/ksmpilot/v1/GuestList.js';
import type { History__Output } from '../../../../../proto/generated/ksmpilot/v1/History.js';
import type { Host__Output } from '../../../../../proto/generated/ksmpilot/v1/Host.js';
import type { Status__Output } from '../../../../../proto/generated/ksmpilot/v1/Status.js';
import { AgentWatch } from '../../../../../web/gateway/fleet/agent-watch.js';

/** An agent that answers from memory, counts, and can be away or silent. */
class Agent {
  asked = 0;
  slow = 0;
  isAway = false;
  isSilent = false;
  hasHistory = true;
  sampleMs = 0;

  status(): Promise<Status__Output> {
    this.asked += 1;
    if (this.isSilent) return new Promise(() => undefined);
    if (this.isAway) return Promise.reject(new Error('connect ECONNREFUSED'));
    const sample = { time_ms: this.sampleMs, saved_bytes: 2 ** 30, ksmd_cpu_pct: 5, net_cores: 0.1 };
    return Promise.resolve({ mode: 'MODE_AUTO', paused: true, sample } as Status__Output);
  }

  host(): Promise<Host__Output> {
    this.slow += 1;
    return Promise.resolve({
      hostname: 'hv-1',
      ksmpilot_version: '1',
      problems: [{ code: 'KSM_STOPPED' }],
    } as unknown as Host__Output);
  }

  guests(): Promise<GuestList__Output> {
    return Promise.reject(new Error('an agent of an earlier version'));
  }

  history(): Promise<History__Output> {
    if (!this.hasHistory) return Promise.reject(new Error('no history'));
    return Promise.resolve({
      time_ms: [Date.now() - 30_000],
      columns: [{ name: 'saved_bytes', mean: [7] }],
    } as unknown as History__Output);
  }
}

let agent: Agent;
let watch: AgentWatch;

beforeEach(() => {
  vi.useFakeTimers();
  agent = new Agent();
  agent.sampleMs = Date.now();
  watch = new AgentWatch({ agent });
});

afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

describe('a watch', () => {
  it('asks nothing while nobody looks', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect(agent.asked).toBe(0);
  });

  it('tells what the agent says, however many look, with one question', async () => {
    const views = await Promise.all(Array.from({ length: 50 }, () => watch.firstLook()));
    expect(agent.asked).toBe(1);
    expect(views[49]).toMatchObject({
      state: 'connected',
      detail: '',
      figures: {
        hostname: 'hv-1',
        mode: 'auto',
        paused: true,
        ksmd_cores: 0.05,
        problems: 1,
        problem_codes: ['KSM_STOPPED'],
        guests: undefined,
      },
    });
  });

  it('asks every three seconds while somebody looks, facts of the host less often, and stops afterwards', async () => {
    for (let at = 0; at < 30; at += 1) {
      watch.look();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(agent.asked).toBe(11);
    expect(agent.slow).toBe(3);
    await vi.advanceTimersByTimeAsync(30_000);
    const { asked } = agent;
    expect(asked).toBeLessThanOrEqual(18);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(agent.asked).toBe(asked);
  });

  it('says that the agent is lost, since when and why, keeps its last figures, and finds it again', async () => {
    await watch.firstLook();
    const before = Date.now();
    agent.isAway = true;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(watch.look()).toMatchObject({
      state: 'lost',
      detail: 'connect ECONNREFUSED',
      figures: { hostname: 'hv-1' },
    });
    expect(watch.look().since_ms).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(watch.look().age_ms).toBeGreaterThanOrEqual(6_000);
    agent.isAway = false;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(watch.look()).toMatchObject({ state: 'connected', detail: '' });
  });

  it('does not wait for an agent that is silent', async () => {
    agent.isSilent = true;
    const looked = watch.firstLook();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await looked).toMatchObject({ state: 'connecting', figures: undefined });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(agent.asked).toBe(1);
  });

  it('knows how old a sample is by its own clock: another host may have another time', async () => {
    agent.sampleMs = Date.now() - 3_600_000;
    await watch.firstLook();
    expect(watch.look().age_ms).toBe(0);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(watch.look().age_ms).toBe(9_000);
  });

  it('begins its trend with the history of the agent, where it keeps one', async () => {
    await watch.firstLook();
    await vi.advanceTimersByTimeAsync(0);
    expect(watch.look().trend.values().slice(-4)).toEqual([null, 7, null, 2 ** 30]);
    agent.hasHistory = false;
    const other = new AgentWatch({ agent });
    await other.firstLook();
    await vi.advanceTimersByTimeAsync(0);
    expect(other.look().trend.values().slice(-3)).toEqual([null, null, 2 ** 30]);
    other.stop();
  });

  it('asks no more once it is stopped', async () => {
    await watch.firstLook();
    watch.stop();
    watch.look();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(agent.asked).toBe(1);
  });
});
