import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { placeOf } from '../../../../src/agent/guests/cgroup.js';

const ID = '9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961';
const OTHER = '3f1316b887ba0cf7b0144a095fb543a262ae0c2b32a94c7658e1dbb3707c5ea9';

describe('what the paths of hosts say is in test/fixtures/guests; beside them', () => {
  test.each([
    ['', 'none'],
    ['0::/', 'none'],
    ['garbage', 'none'],
    ['0::', 'none'],
    ['0::/user.slice/user-1000.slice/session-1.scope', 'none'],
    ['0::/user.slice/user-1000.slice/user@1000.service/init.scope', 'none'],
    ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-code.scope', 'none'],
    // Not a container: no id, a short one, upper case, a pod of nobody.
    ['0::/docker/buildkit', 'none'],
    ['0::/system.slice/docker-abc.scope', 'none'],
    [`0::/system.slice/docker-${ID.toUpperCase()}.scope`, 'none'],
    ['0::/podcasts', 'none'],
    ['0::/qemu.slice/backup.scope', 'none'],
    ['0::/machine.slice/100.scope', 'none'],
    ['0::/firecracker.service/x', 'service'],
    ['0::/system.slice/firecracker.service', 'service'],
  ])('%j is %s', (cgroup, type) => {
    expect(placeOf(cgroup).type).toBe(type);
  });

  test('the outermost group counts: what is made inside of a container has any name', () => {
    expect(placeOf(`0::/system.slice/docker-${ID}.scope/machine-qemu\\x2d1\\x2dbank.scope`)).toMatchObject({
      type: 'container',
      id: ID,
    });
    expect(placeOf('0::/system.slice/a.service/b.service')).toMatchObject({ type: 'service', unit: 'a.service' });
  });

  test('of many v1 lines the one that says most, memory first', () => {
    const lines = [
      `3:cpu:/docker/${OTHER}`,
      `2:memory:/docker/${ID}`,
      '1:name=systemd:/system.slice/x.service',
      '0::/',
    ];
    expect(placeOf(lines.join('\n'))).toMatchObject({ type: 'container', id: ID });
    expect(placeOf([...lines].reverse().join('\n'))).toMatchObject({ type: 'container', id: ID });
    expect(placeOf('2:memory:/\n1:name=systemd:/system.slice/x.service')).toMatchObject({ unit: 'x.service' });
  });

  test('containers of one id in two places have two anchors', () => {
    const system = placeOf(`0::/system.slice/docker-${ID}.scope`);
    const user = placeOf(`0::/user.slice/user-7.slice/user@7.service/docker-${ID}.scope`);
    expect(system).toMatchObject({ type: 'container', id: ID });
    expect(user).toMatchObject({ type: 'container', id: ID, owner: '7' });
    expect(system).not.toHaveProperty('owner');
    expect('anchor' in system && 'anchor' in user && system.anchor !== user.anchor).toBe(true);
  });

  test('any bytes are taken, and an anchor is of the path', () => {
    const part = fc.constantFrom(
      'docker',
      ID,
      `libpod-${ID}`,
      'lxc',
      'lxc.payload.x',
      'kubepods',
      'kata_overhead',
      'user@1.service',
      'machine-\\x2d.scope',
      '..',
      '\xff',
      'pod0123456789abcdef0123456789abcdef',
      '\\x',
      ':',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array).toString('latin1')),
        (parts, noise) => {
          const place = placeOf(`0::/${parts.join('/')}${noise}\n${noise}`);
          if ('anchor' in place) expect(place.anchor.startsWith('/')).toBe(true);
        },
      ),
    );
  });
});
