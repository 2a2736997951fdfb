import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDebian } from '../../../scripts/package/root.mjs';
import { packages, RELEASES, releasesOr, ROOTS, type Release } from '../releases.js';
import { capabilitiesOf, propertiesOf, sectionsOf, type Sections } from '../report.js';

const KNOBS_AT_BOOT = ['run 0', 'pages_to_scan 100', 'sleep_millisecs 20'];

/** What the kernel of each release lets run, by its own bpftrace; Linux 6.1 has no tracepoints of ksmd. */
const PROGRAMS: Readonly<Record<Release, Readonly<Record<string, RegExp>>>> = {
  bookworm: {
    scanner: /^bpf\/scanner_kprobe\.bt by bpftrace 0\.17\./,
    cow: /^bpf\/cow_fentry\.bt by bpftrace 0\.17\./,
  },
  trixie: { scanner: /^bpf\/scanner\.bt by bpftrace 0\.23\./, cow: /^bpf\/cow_fentry\.bt by bpftrace 0\.23\./ },
};

/** Of a whole visit in an emulated machine: 5 minutes on two quiet cores, more on a busy host. In milliseconds. */
const TIMEOUT_MS = 25 * 60_000;

async function visit(release: Release): Promise<Sections> {
  const rig = await openDebian(release, ROOTS);
  const share = mkdtempSync(join(tmpdir(), 'ksmpilot-package-'));
  let output = '';
  try {
    cpSync(join(import.meta.dirname, 'inside'), share, { recursive: true });
    copyFileSync((await packages()).deb, join(share, 'ksmpilot.deb'));
    const end = await rig.run({
      command: ['sh', 'check.sh', './ksmpilot.deb'],
      share,
      memoryMib: 1536,
      cpus: 2,
      timeoutMs: TIMEOUT_MS,
      onStdout: (chunk) => (output += chunk.toString()),
      onStderr: (chunk) => process.stderr.write(chunk),
    });
    process.stderr.write(`Debian ${release}: booted in ${end.bootMs} ms, all in ${end.totalMs} ms\n`);
    if (end.code !== 0)
      throw new Error(`the guest ended with ${end.code ?? 'no exit code'}:\n${output}\n${end.console}`);
    return sectionsOf(output);
  } finally {
    rmSync(share, { recursive: true });
  }
}

describe.each(releasesOr(RELEASES))('the package on a booted Debian %s', (release) => {
  let sections: Sections = new Map();

  beforeAll(
    async () => {
      sections = await visit(release);
    },
    TIMEOUT_MS + 10 * 60_000,
  );

  function section(name: string): readonly string[] {
    const lines = sections.get(name);
    if (lines === undefined) throw new Error(`the guest did not get to "${name}": ${[...sections.keys()].join(', ')}`);
    return lines;
  }

  it('installs with what the release has, and starts nothing by itself', () => {
    expect(section('install').at(-1)).toBe('exit 0');
    expect(section('install state')).toEqual(['disabled', 'disabled', 'inactive', 'inactive']);
  });

  it('starts, tells systemd that it is ready, and what it does', () => {
    expect(section('start')).toEqual(['exit 0']);
    const properties = propertiesOf(section('agent'));
    expect(properties).toMatchObject({ ActiveState: 'active', NotifyAccess: 'main', WatchdogUSec: '30s' });
    expect(properties['StatusText']).toMatch(/^saves .* ksmd takes .* of a core; run is 0$/);
    expect(section('page service')).toEqual(['ActiveState=active']);
  });

  it('runs its probes with the four capabilities of the unit', () => {
    const { probes } = JSON.parse(section('probes').join('\n')) as {
      probes: { name: string; state: string; detail: string }[];
    };
    for (const [name, program] of Object.entries(PROGRAMS[release])) {
      const probe = probes.find((one) => one.name === name);
      expect(probe).toMatchObject({ state: 'running', detail: expect.stringMatching(program) as string });
    }
    expect(capabilitiesOf(section('capabilities'), 'CapEff')).toEqual([
      'CAP_DAC_READ_SEARCH',
      'CAP_SYS_PTRACE',
      'CAP_SYS_ADMIN',
      'CAP_SYSLOG',
    ]);
    expect(section('capabilities').join()).toMatch(/NoNewPrivs:\s+1,Seccomp:\s+2/);
  });

  it('serves the page by a user without privileges, through the socket of its group', () => {
    expect(capabilitiesOf(section('web capabilities'), 'CapBnd')).toEqual([]);
    expect(section('web capabilities').at(-1)).toBe('uid ksmpilot');
    expect(section('sockets')).toEqual([
      'drwx------ root root /run/ksmpilot',
      'srw------- root root /run/ksmpilot/agent.sock',
      '-rw------- root root /run/ksmpilot/token',
      'drwxr-s--- root ksmpilot /run/ksmpilot-web',
      'srw-rw---- root ksmpilot /run/ksmpilot-web/agent.sock',
    ]);
  });

  it('answers on the page, and refuses a change without a token', () => {
    expect(section('page')).toEqual(['200 200 401', 'a page']);
  });

  it('writes no error to the journal', () => {
    expect(section('journal').filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('tunes', () => {
    expect(section('tuning')).toContain('exit 0');
    expect(section('tuning')).toContain('run 1');
  });

  it('puts the knobs back when the watchdog ends an agent that hangs', () => {
    expect(section('hang')).toEqual(['before: 1', 'Result=watchdog', ...KNOBS_AT_BOOT]);
  });

  it('is stopped and puts the knobs back when it is removed, and leaves nothing', () => {
    const lines = section('remove');
    expect(lines[0]).toBe('before: 1');
    expect(lines.slice(-4)).toEqual(['exit 0', ...KNOBS_AT_BOOT]);
    expect(section('left')).toEqual([]);
  });
});
