import { describe, expect, it } from 'vitest';
import { monitorsOf, namedBackends } from '../../../../src/agent/qmp/monitors.js';

const words = (line: string): readonly string[] => line.split(' ');

describe('monitors', () => {
  it.each([
    ['-qmp unix:/run/a.qmp,server=on,wait=off', ['/run/a.qmp'], 0],
    ['-qmp unix:/run/a.qmp,server,nowait', ['/run/a.qmp'], 0],
    ['-qmp-pretty unix:a.qmp,server=on', ['a.qmp'], 0],
    ['--qmp unix:/run/a,,b.qmp,server=on', ['/run/a,b.qmp'], 0],
    ['-qmp unix:/run/a.qmp', [], 1],
    ['-qmp unix:/run/a.qmp,server=off', [], 1],
    ['-qmp unix:a,server=on,abstract=on', [], 1],
    ['-qmp tcp:localhost:4444,server=on', [], 1],
    ['-qmp stdio', [], 1],
    ['-qmp none', [], 0],
    ['-monitor unix:/run/hmp,server=on', [], 0],
    ['-chardev socket,id=qmp,path=/run/100.qmp,server=on,wait=off -mon chardev=qmp,mode=control', ['/run/100.qmp'], 0],
    ['-mon qmp,mode=control -chardev socket,id=qmp,path=/run/100.qmp,server=on', ['/run/100.qmp'], 0],
    ['-chardev socket,id=qmp,path=/run/100.qmp,server=on -qmp chardev:qmp', ['/run/100.qmp'], 0],
    ['-chardev socket,id=charmonitor,fd=25,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control', [], 1],
    ['-chardev socket,id=hmp,path=/run/hmp,server=on -mon chardev=hmp,mode=readline', [], 0],
    ['-chardev socket,id=serial,path=/run/serial,server=on', [], 0],
    ['-chardev pty,id=qmp,path=/run/x -mon chardev=qmp,mode=control', [], 1],
    ['-append -qmp unix:/run/fake,server=on', [], 0],
    ['-qmp unix:/a,server=on -qmp unix:/b,server=on', ['/a', '/b'], 0],
  ] as const)('%s', (line, paths, others) => {
    expect(monitorsOf(words(line))).toEqual({ paths, others });
  });

  it('passes a path over that no socket can have', () => {
    expect(monitorsOf(['-qmp', `unix:/${'x'.repeat(107)},server=on`])).toEqual({ paths: [], others: 1 });
  });
});

it('names the memory backends of the command line', () => {
  expect(
    namedBackends([
      '-object',
      '{"qom-type":"memory-backend-ram","id":"pc.ram","size":1073741824}',
      '-object',
      'memory-backend-memfd,id=dimm1,size=1G,share=on',
      '-object',
      '{"qom-type":"secret","id":"masterKey0"}',
      '-object',
      'rng-random,id=rng0',
      '-object',
      '{broken',
    ]),
  ).toEqual(['pc.ram', 'dimm1']);
});
