import { describe, expect, it } from 'vitest';
import { search } from '../../../../../../web/page/views/guests/search.js';

const GUESTS = [
  { name: 'web-1', id: '4F2C6E1A', kind: 'libvirt', pids: [2101], merge: 'on' },
  { name: 'web-12', id: '77', kind: 'qemu', pids: [2102, 3000], merge: 'off' },
  { name: 'a b', id: 'c0ffee', kind: 'docker', pids: [12] },
];

function found(text: string): string[] {
  return search(GUESTS, text).map(({ name }) => name);
}

describe('the search', () => {
  it.each([
    ['', ['web-1', 'web-12', 'a b']],
    ['  ', ['web-1', 'web-12', 'a b']],
    ['WEB', ['web-1', 'web-12']],
    ['4f2c', ['web-1']],
    ['web qemu', ['web-12']],
    ['web docker', []],
    ['kind:lib', ['web-1']],
    ['pid:3000', ['web-12']],
    ['merge:off', ['web-12']],
    ['merge:unknown', ['a b']],
    ['id:77', ['web-12']],
  ])('%j finds %j', (text, names) => {
    expect(found(text)).toEqual(names);
  });

  it('takes a number as a whole pid, and as a part of name or id', () => {
    expect(found('12')).toEqual(['web-12', 'a b']);
    expect(found('3000')).toEqual(['web-12']);
    expect(found('pid:300')).toEqual([]);
  });

  it('looks for a field that there is none of as it stands', () => {
    expect(found('constructor:x')).toEqual([]);
    expect(search([{ name: 'x:y', id: '', kind: '', pids: [] }], 'x:y')).toHaveLength(1);
  });
});
