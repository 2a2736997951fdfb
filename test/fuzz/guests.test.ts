import fc from 'fast-check';
import { describe } from 'vitest';
import { parseReply } from '../../src/agent/demo/reply.js';
import { placeOf } from '../../src/agent/guests/cgroup.js';
import { identify } from '../../src/agent/guests/identify.js';
import { parseQemuOptions } from '../../src/agent/guests/qemu-options.js';
import { globMatches, parsePattern } from '../../src/agent/policy/pattern.js';
import { parseQmpMessage, QmpSplitter } from '../../src/agent/qmp/message.js';
import { monitorsOf, namedBackends } from '../../src/agent/qmp/monitors.js';
import { readQemuMemory } from '../../src/agent/why/qemu-memory.js';
import { fuzz } from './fuzz.js';
import { mutant } from './mutant.js';

describe('what processes say of themselves', () => {
  const commandLine = [
    '/usr/bin/kvm',
    '-id',
    '103',
    '-name',
    'guest=web,,1,debug-threads=on',
    '-machine',
    'type=q35,mem-merge=off',
    '-object',
    '{"qom-type":"memory-backend-memfd","id":"ram","share":true}',
    '-object',
    'memory-backend-file,id=ram2,mem-path=/dev/hugepages,share=on',
    '-chardev',
    'socket,id=qmp,path=/run/qemu/103.qmp,server=on,wait=off',
    '-mon',
    'chardev=qmp,mode=control',
    '-smbios',
    'type=1,manufacturer=OpenStack Foundation,product=OpenStack Nova',
    '-uuid',
    '01234567-89ab-cdef-0123-456789abcdef',
    '-device',
    'vfio-pci,host=0000:01:00.0',
  ].join('\0');
  fuzz('command lines of QEMU', mutant(commandLine), (text) => {
    const args = text.split('\0').slice(1);
    parseQemuOptions(args);
    readQemuMemory(args);
    const { paths } = monitorsOf(args);
    if (paths.some((path) => path.length > 107)) throw new Error('no socket has so long a path');
    namedBackends(args);
  });
  fuzz(
    'cgroup paths',
    mutant(
      '0::/system.slice/nginx.service\n',
      '0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator\n',
      '0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12345678_1234_1234_1234_123456789abc.slice/' +
        'cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n',
      '5:memory:/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n1:name=systemd:/\n',
      '0::/lxc/101/ns/init.scope (deleted)\n',
    ),
    (cgroup) => {
      placeOf(cgroup);
      const claim = identify({
        pid: 7,
        ppid: 1,
        startTicks: 1,
        comm: 'kvm',
        kernelThread: false,
        exe: '/usr/bin/kvm',
        cgroup,
      });
      // Shown on terminals and pages: a name must not steer them.
      const bad = texts(claim).find((text) => /\p{Cc}/u.test(text));
      if (bad !== undefined) throw new Error(`a control character in ${JSON.stringify(bad)}`);
    },
  );
});

describe('what guests say', () => {
  const messages = mutant(
    '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}',
    '{"return": {}, "id": 4}',
    '{"id": 7, "error": {"class": "GenericError", "desc": "no such property"}}',
    '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {}}',
  );
  fuzz('QMP messages', messages, (text) => void parseQmpMessage(text));
  const ends = fc.constantFrom('\n', '\r\n', '', '{\n', '\n}\n');
  fuzz('QMP streams', fc.array(fc.tuple(messages, ends), { maxLength: 8 }), (pieces) => {
    const splitter = new QmpSplitter(2048);
    for (const [text, end] of pieces) {
      const complete = splitter.add(text + end);
      if (complete === undefined) return;
      // A spread message is closed by a line of one character.
      if (complete.some((message) => message.length > 3 * 2048)) throw new Error('a message is too long');
    }
  });
  fuzz('replies of demo guests', mutant('{"ready":true,"pid":4711,"pageSize":4096}'), (line) => void parseReply(line));
});

describe('what operators mean', () => {
  const patterns = mutant('web-*', 'name:web-??', 'group:*a*b*c*d*', '*'.repeat(60));
  fuzz('patterns for guests', fc.tuple(patterns, mutant('web-01', 'a'.repeat(3000))), ([pattern, name]) => {
    const { glob } = parsePattern(pattern);
    globMatches(glob, name);
    if (!globMatches('*', name)) throw new Error('* does not fit');
  });
});

/** All texts in a value. */
function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
