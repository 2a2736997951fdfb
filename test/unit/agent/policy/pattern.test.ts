import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { globMatches, matches, parsePattern } from '../../../../src/agent/policy/pattern.js';

const WEB = { name: 'web-1', id: '4f2c', identity: 'libvirt/4f2c', kind: 'libvirt', group: 'acme' };

describe('a pattern', () => {
  it.each([
    ['web-1', true],
    ['web-?', true],
    ['web', false],
    ['*', true],
    ['4f*', true],
    ['libvirt*', false],
    ['kind:libvirt', true],
    ['kind:qemu', false],
    ['identity:libvirt/*', true],
    ['name:4f2c', false],
    ['id:4f2c', true],
    ['group:acme', true],
    ['group:*', true],
    ['WEB-1', false],
    ['web.1', false],
  ])('%s', (text, fits) => {
    expect(matches(parsePattern(text), WEB)).toBe(fits);
  });

  it('of a group fits nobody who is in none', () => {
    expect(matches(parsePattern('group:*'), { ...WEB, group: undefined })).toBe(false);
  });

  it('with a colon that is no field is a name', () => {
    expect(matches(parsePattern('a:b'), { ...WEB, name: 'a:b' })).toBe(true);
  });
});

/** The same, told by an expression. */
function byExpression(glob: string, text: string): boolean {
  const source = glob.replaceAll(/[^*?]/g, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su').test(text);
}

test('a glob means what an expression of it means', () => {
  const letters = fc.constantFrom('a', 'b', '*', '?', '.', '-');
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 10 });
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 8 }), texts, (glob, text) => {
      expect(globMatches(glob, text)).toBe(byExpression(glob, text));
    }),
    { numRuns: 2000 },
  );
});

test('no name makes it slow', () => {
  const started = performance.now();
  expect(globMatches(`${'*a'.repeat(60)}b`, 'a'.repeat(120))).toBe(false);
  expect(performance.now() - started).toBeLessThan(50);
});
