import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { keyed, parseQemuOptions } from '../../../../src/agent/guests/qemu-options.js';

const nameOf = (...args: string[]): string | undefined => parseQemuOptions(args).name;

describe('-name', () => {
  test.each([
    [['-name', 'web'], 'web'],
    [['--name', 'web'], 'web'],
    [['-name=web'], 'web'],
    [['-name', 'guest=web,debug-threads=on'], 'web'],
    [['-name', 'process=p,guest=web'], 'web'],
    [['-name', 'a,,b'], 'a,b'],
    [['-name', 'guest=a,,b=c,process=x'], 'a,b=c'],
    [['-name', 'a,,b=c'], 'a,b=c'],
    [['-name', 'a', '-name', 'process=x'], 'a'],
    [['-name', 'a', '-name', 'b'], 'b'],
    [['-name', '-name'], '-name'],
    [['-name', 'process=x'], ''],
    [['-name', 'guest='], ''],
    [['-name', ''], ''],
    [['-name='], ''],
    [['-name'], undefined],
    [['disk.img', '-nographic', '-S', '-name', 'x'], 'x'],
    // What another option takes is no option.
    [['-append', '-name', 'x'], undefined],
    [['-fw_cfg', '-name', '-kernel', '-name', 'disk'], undefined],
  ])('%j names %j', (args, name) => {
    expect(nameOf(...args)).toBe(name);
  });

  test('any name comes back as it was given, commas doubled', () => {
    const text = fc.string({ unit: fc.constantFrom(',', '=', 'a', '\xff', ' ', '-') });
    fc.assert(
      fc.property(text, fc.boolean(), (name, threads) => {
        const value = `guest=${name.replaceAll(',', ',,')}${threads ? ',debug-threads=on' : ''}`;
        expect(nameOf('-S', '-name', value, '-m', '1')).toBe(name);
      }),
    );
  });
});

test('-uuid: any case, only whole ones', () => {
  expect(parseQemuOptions(['-uuid', 'AAAAAAAA-2222-4333-8444-555555555555']).uuid).toBe(
    'aaaaaaaa-2222-4333-8444-555555555555',
  );
  expect(parseQemuOptions(['-uuid', '1']).uuid).toBeUndefined();
});

test('-smbios: only the system table, its values without options of others', () => {
  const { manufacturer, product } = parseQemuOptions([
    '-smbios',
    'type=1,manufacturer=A,, Inc,product=OpenStack Nova,uuid=x',
    '-smbios',
    'type=2,manufacturer=B,product=C',
  ]);
  expect({ manufacturer, product }).toEqual({ manufacturer: 'A, Inc', product: 'OpenStack Nova' });
});

test('paths: of sockets and files that tell something, bounded', () => {
  const args = [
    '-chardev',
    'socket,path=/a/b,server=on',
    '-qmp',
    'unix:/c',
    '-object',
    '{"file":"/d/e"}',
    '-pidfile',
    '/k',
  ];
  expect(parseQemuOptions([...args, '-drive', 'file=/disk']).paths).toEqual(['/a/b', '/c', '/d/e', '/k']);
  const many = Array.from({ length: 1000 }, (_, index) => ['-chardev', `socket,path=/s${index}`]).flat();
  expect(parseQemuOptions(many).paths).toHaveLength(64);
});

describe('keyed values', () => {
  test('flags, empty values, the last of two, no key of the prototype', () => {
    expect({ ...keyed('first,server,a=,b=1,b=2', 'implied') }).toEqual({
      implied: 'first',
      server: 'on',
      a: '',
      b: '2',
    });
    expect(keyed('a=1', 'x')['constructor']).toBeUndefined();
  });

  test('any bytes end in time', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(',', '=', 'a', '\0', '\xff'), maxLength: 200 }), (text) => {
        keyed(text, 'implied');
      }),
    );
    keyed(','.repeat(65_536), 'implied');
    keyed(`a=${',,'.repeat(30_000)}`, 'implied');
  });
});
