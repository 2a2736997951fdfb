import { describe, expect, it } from 'vitest';
import {
  IDLE_MS,
  LONGEST_MS,
  MAX_SESSIONS,
  Sessions,
  type Grant,
} from '../../../../../web/gateway/session/sessions.js';

const TUNE: Grant = { authorization: 'Bearer a', role: 'tune' };
const VIEW: Grant = { authorization: 'Bearer b', role: 'view' };

function make(): { sessions: Sessions; pass: (ms: number) => void } {
  let now = 0;
  return { sessions: new Sessions(() => now), pass: (ms) => (now += ms) };
}

describe('sessions', () => {
  it('know what was granted, by agent, under a number of 256 bits', () => {
    const { sessions } = make();
    const id = sessions.grant(undefined, 'hv-1', TUNE);
    expect(Buffer.from(id, 'base64url')).toHaveLength(32);
    expect(sessions.grantOf(id, 'hv-1')).toEqual(TUNE);
    expect(sessions.grantOf(id, 'hv-2')).toBeUndefined();
    expect(sessions.grantOf(`${id}x`, 'hv-1')).toBeUndefined();
    expect(sessions.grantOf(undefined, 'hv-1')).toBeUndefined();
  });

  it('take another number with each grant, and the old one is worth nothing', () => {
    const { sessions } = make();
    const first = sessions.grant(undefined, 'hv-1', TUNE);
    const second = sessions.grant(first, 'hv-2', VIEW);
    expect(second).not.toBe(first);
    expect(sessions.grantOf(first, 'hv-1')).toBeUndefined();
    expect(sessions.grantOf(second, 'hv-1')).toEqual(TUNE);
    expect(sessions.grantOf(second, 'hv-2')).toEqual(VIEW);
    expect(sessions.size).toBe(1);
    expect(sessions.grant('planted by somebody', 'hv-1', TUNE)).not.toBe('planted by somebody');
  });

  it('end after an hour without use, and after twelve in any case', () => {
    const { sessions, pass } = make();
    const idle = sessions.grant(undefined, 'hv', TUNE);
    const used = sessions.grant(undefined, 'hv', TUNE);
    pass(IDLE_MS - 1);
    sessions.touch(used);
    pass(1);
    expect(sessions.grantOf(idle, 'hv')).toBeUndefined();
    expect(sessions.grantOf(used, 'hv')).toEqual(TUNE);
    for (let at = IDLE_MS; at < LONGEST_MS - 1_000; at += IDLE_MS / 2) {
      pass(IDLE_MS / 2);
      sessions.touch(used);
    }
    pass(IDLE_MS / 2);
    expect(sessions.grantOf(used, 'hv')).toBeUndefined();
    sessions.touch(used);
    expect(sessions.size).toBe(0);
  });

  it('end at the sign-out, or when no agent knows their tokens any more', () => {
    const { sessions } = make();
    const id = sessions.grant(sessions.grant(undefined, 'hv-1', TUNE), 'hv-2', TUNE);
    sessions.revoke(id, 'hv-1');
    expect([sessions.grantOf(id, 'hv-1'), sessions.grantOf(id, 'hv-2')]).toEqual([undefined, TUNE]);
    sessions.revoke(id, 'hv-2');
    expect(sessions.size).toBe(0);
    sessions.end(sessions.grant(undefined, 'hv-1', TUNE));
    sessions.end(undefined);
    expect(sessions.size).toBe(0);
  });

  it('are bounded: the one that was idle for longest goes', () => {
    const { sessions, pass } = make();
    const ids = Array.from({ length: MAX_SESSIONS }, () => {
      pass(1);
      return sessions.grant(undefined, 'hv', TUNE);
    });
    pass(1);
    sessions.touch(ids[0]);
    const more = sessions.grant(undefined, 'hv', TUNE);
    expect(sessions.size).toBe(MAX_SESSIONS);
    expect(sessions.grantOf(ids[0], 'hv')).toEqual(TUNE);
    expect(sessions.grantOf(ids[1], 'hv')).toBeUndefined();
    expect(sessions.grantOf(more, 'hv')).toEqual(TUNE);
  });
});
