import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addToken,
  formatTokens,
  hashToken,
  hasExpired,
  MAX_TOKENS,
  newToken,
  parseTokens,
  removeToken,
  type TokenEntry,
} from '../../../../src/agent/auth/token-list.js';

const NOW = Date.UTC(2026, 0, 2);
const ops = addToken([], { name: 'ops', role: 'tune', token: 'secret' }, NOW);
const refused = (code: string, text: string | RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(text) as string }) as object;

describe('tokens', () => {
  it('are 256 random bits, each another', () => {
    const made = Array.from({ length: 100 }, newToken);
    expect(new Set(made).size).toBe(100);
    for (const token of made) expect(token).toMatch(/^ksmp_[A-Za-z0-9_-]{43}$/);
  });

  it('are kept as a hash, never as they are', () => {
    expect(formatTokens(ops)).not.toContain('secret');
    expect(ops[0]?.sha256).toBe(hashToken('secret').toString('hex'));
  });

  it('come back from the file as they went in', () => {
    const both = addToken(ops, { name: 'grafana', role: 'view', token: 'other', lifetimeMs: 60_000 }, NOW);
    expect(parseTokens(formatTokens(both))).toEqual(both);
    expect(both[1]).toMatchObject({ created: '2026-01-02T00:00:00.000Z', expires: '2026-01-02T00:01:00.000Z' });
  });

  it('end at their time', () => {
    const entry = { expires: '2026-01-02T00:01:00.000Z' };
    expect([59_999, 60_000].map((ms) => hasExpired(entry, NOW + ms))).toEqual([false, true]);
    expect(hasExpired({}, Infinity)).toBe(false);
  });

  it('have a name of their own, that can stand in a log line', () => {
    const add = (name: string) => () => addToken(ops, { name, role: 'view', token: 'x' }, NOW);
    for (const name of ['', 'a b', '-x', 'ö', 'a\n', 'x'.repeat(65), '__proto__\0']) {
      expect(add(name), name).toThrow(refused('CONFIG_INVALID', 'no name for a token'));
    }
    expect(add('ops')).toThrow(refused('CONFIG_INVALID', 'a token named ops already'));
    expect(add('x'.repeat(64))).not.toThrow();
  });

  it('are bounded in number', () => {
    let entries: readonly TokenEntry[] = [];
    for (let at = 0; at < MAX_TOKENS; at += 1)
      entries = addToken(entries, { name: `t${at}`, role: 'view', token: `${at}` }, NOW);
    expect(() => addToken(entries, { name: 'more', role: 'view', token: 'x' }, NOW)).toThrow(
      refused('CONFIG_INVALID', '256'),
    );
  });

  it('go by their name', () => {
    expect(removeToken(ops, 'ops')).toEqual([]);
    expect(() => removeToken(ops, 'op')).toThrow(refused('CONFIG_INVALID', 'no token named "op"'));
  });
});

describe('a file that is not ours', () => {
  const with1 = (change: object): string => JSON.stringify({ version: 1, tokens: [{ ...ops[0], ...change }] });
  it.each([
    ['no JSON', 'tokens:', 'not JSON'],
    ['no object', '[]', 'has no'],
    ['another version', '{"version": 2, "tokens": []}', 'has no'],
    ['no list', '{"version": 1}', 'has no'],
    ['no entry', '{"version": 1, "tokens": [null]}', 'token 1 is not an object'],
    ['a bad name', with1({ name: 'a b' }), 'token 1 has no valid name'],
    ['another role', with1({ role: 'root' }), 'no role view or tune'],
    ['a role from the prototype', with1({ role: 'constructor' }), 'no role view or tune'],
    ['a short hash', with1({ sha256: 'ab' }), 'no sha256'],
    ['no date', with1({ created: 'today' }), 'no date'],
    ['an end that is no date', with1({ expires: 'never' }), 'expires at no date'],
    ['an end that is null', with1({ expires: null }), 'expires at no date'],
    ['one name twice', JSON.stringify({ version: 1, tokens: [ops[0], ops[0]] }), 'one name'],
  ])('is refused: %s', (_name, text, why) => {
    expect(() => parseTokens(text)).toThrow(refused('TOKENS_UNUSABLE', why));
  });

  it('never ends the program otherwise, and its text is in no message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseTokens(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOKENS_UNUSABLE' });
          if (text.length > 12) expect(String(error)).not.toContain(text);
        }
      }),
    );
  });
});
