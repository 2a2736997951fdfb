import { describe, expect, it } from 'vitest';
import { validateConfig } from '../../../src/agent/config.js';
import { policySettings } from '../../../src/agent/guests-config.js';

describe('the settings of guests', () => {
  it('ask for nothing unless they are given', () => {
    const { guests } = validateConfig({}, 'a file');
    expect(guests).toMatchObject({ neverMerge: [], groups: [], optOut: { enabled: false }, keepAtExit: false });
  });

  it('become patterns', () => {
    const { guests } = validateConfig(
      { guests: { neverMerge: ['bank-*', 'kind:kata'], groups: [{ name: 'acme', match: ['id:4f*'] }] } },
      'a file',
    );
    expect(policySettings(guests)).toMatchObject({
      neverMerge: [
        { field: undefined, glob: 'bank-*' },
        { field: 'kind', glob: 'kata' },
      ],
      groups: [{ name: 'acme', match: [{ field: 'id', glob: '4f*' }] }],
    });
  });

  it.each([
    [{ neverMerge: [''] }, 'guests.neverMerge.0'],
    [{ neverMerge: ['x'.repeat(121)] }, 'guests.neverMerge.0'],
    [{ neverMerge: 'bank-*' }, 'guests.neverMerge'],
    [{ groups: [{ name: 'a b', match: ['*'] }] }, 'guests.groups.0.name'],
    [{ groups: [{ name: 'a', match: [] }] }, 'guests.groups.0.match'],
    [{ groups: [{ name: 'a', match: ['group:b'] }] }, 'guests.groups.0.match.0'],
    [{ groups: ['a', 'a'].map((name) => ({ name, match: ['*'] })) }, 'guests.groups'],
    [{ optOut: { afterSec: 60 } }, 'guests.optOut.noticeSec'],
    [{ optOut: { minBreakRatio: 0 } }, 'guests.optOut.minBreakRatio'],
    [{ optout: {} }, 'guests.optout'],
  ])('%j is refused, naming the key', (guests, key) => {
    expect(() => validateConfig({ guests }, 'a file')).toThrow(key);
  });
});
