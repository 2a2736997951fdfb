import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedOver, formatRoute, parseRoute } from '../../../../web/page/route.js';

describe('parseRoute', () => {
  it.each([
    ['', '', [], ''],
    ['#/', '', [], ''],
    ['#/scanner', 'scanner', [], ''],
    ['#scanner', 'scanner', [], ''],
    ['#/guests/proxmox%2F103%231.2?sort=name', 'guests', ['proxmox/103#1.2'], 'sort=name'],
    ['#/guests/%E0%A4', 'guests', ['%E0%A4'], ''],
    ['#/guests//', 'guests', [], ''],
  ])('%j', (hash, view, rest, query) => {
    const route = parseRoute(hash);
    expect([route.view, route.rest, route.params.toString()]).toEqual([view, rest, query]);
  });

  it('reads what formatRoute wrote', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[\uD800-\uDFFF]/.test(text));
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 3 }), fc.dictionary(part, part), (view, rest, query) => {
        const route = { view, rest, params: new URLSearchParams(query) };
        const read = parseRoute(formatRoute(route));
        expect([read.view, read.rest, read.params.toString()]).toEqual([view, rest, route.params.toString()]);
      }),
    );
  });
});

describe('carriedOver', () => {
  const from = parseRoute('#/guests?sort=name&agent=hv-2&last=3600');

  it('keeps range and agent, and nothing else', () => {
    expect(formatRoute(carriedOver(parseRoute('#/scanner'), from))).toBe('#/scanner?agent=hv-2&last=3600');
  });

  it("leaves the new address's own alone", () => {
    expect(formatRoute(carriedOver(parseRoute('#/scanner?from=1&to=2'), from))).toBe(
      '#/scanner?from=1&to=2&agent=hv-2',
    );
    expect(formatRoute(carriedOver(parseRoute('#/scanner?agent=hv-9'), from))).toBe('#/scanner?agent=hv-9&last=3600');
  });
});
