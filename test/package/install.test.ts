import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { hostname, release as kernelRelease, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { debianFiles } from '../../scripts/package/root.mjs';
import { packageRoot } from '../../src/agent/paths.js';
import { packages, releasesOr, REQUIRED, ROOTS, type Release } from './releases.js';
import { sectionsOf, type Sections } from './report.js';

/** Of a visit; a quiet machine takes a quarter of a minute. In milliseconds. */
const VISIT_MS = 5 * 60_000;

/** Of making the Debian, where there is none yet, and the packages. In milliseconds. */
const PREPARE_MS = 10 * 60_000;

const KSM = '/sys/kernel/mm/ksm';
const execFileAsync = promisify(execFile);

async function visit(release: Release): Promise<Sections> {
  if (process.getuid?.() !== 0) throw new Error('a Debian can only be entered by root');
  if (!existsSync(KSM)) throw new Error(`there is no ${KSM} on this host`);
  const debian = await debianFiles(release, ROOTS);
  const { deb, tarball } = await packages();
  const work = mkdtempSync(join(tmpdir(), 'ksmpilot-package-'));
  const [root, share] = [join(work, 'root'), join(work, 'share')];
  try {
    mkdirSync(root);
    mkdirSync(share);
    copyFileSync(deb, join(share, 'ksmpilot.deb'));
    copyFileSync(tarball, join(share, 'ksmpilot.tar.gz'));
    const inside = join(import.meta.dirname, 'install');
    copyFileSync(join(inside, 'check.sh'), join(share, 'check.sh'));
    const { stdout, stderr } = await execFileAsync(
      'unshare',
      [
        ...['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=SIGKILL'],
        ...['sh', join(inside, 'enter.sh'), root, debian, share],
      ],
      { timeout: VISIT_MS, killSignal: 'SIGKILL', maxBuffer: 64 << 20 },
    );
    process.stderr.write(stderr);
    return sectionsOf(stdout);
  } finally {
    rmdirSync(root); // fails, and removes nothing, should anything be mounted here
    rmSync(work, { recursive: true });
  }
}

describe.each(releasesOr(['bookworm']))('the package in a Debian %s', (release) => {
  let sections: Sections = new Map();
  let obstacle: string | undefined;

  beforeAll(async () => {
    try {
      sections = await visit(release);
    } catch (error) {
      if (REQUIRED) throw error;
      obstacle = error instanceof Error ? error.message : String(error);
      process.stderr.write(`SKIPPED package in ${release}: ${obstacle}\n`);
    }
  }, PREPARE_MS + VISIT_MS);

  beforeEach(({ skip }) => {
    if (obstacle !== undefined) skip(obstacle);
  });

  function section(name: string): readonly string[] {
    const lines = sections.get(name);
    if (lines === undefined) throw new Error(`it did not get to "${name}": ${[...sections.keys()].join(', ')}`);
    return lines;
  }

  function json(name: string): unknown {
    return JSON.parse(section(name).join('\n'));
  }

  it('cannot write a knob of this host from there', () => {
    expect(section('host').join('\n')).toMatch(/Read-only file system\nexit [12]$/);
  });

  it('installs with what the release has', () => {
    expect(section('install').at(-1), section('install').join('\n')).toBe('exit 0');
    expect(section('package')[0]).toBe('ii ');
    expect(section('package')[1]).toMatch(/^ \/etc\/ksmpilot\/config\.yaml [0-9a-f]{32}$/);
    expect(section('files that differ')).toEqual(['exit 0']);
  });

  it('makes a user that cannot log in and belongs to its own group only', () => {
    expect(section('user')[0]).toMatch(/^ksmpilot:.*:\/usr\/sbin\/nologin$/);
    expect(section('user')[1]).toMatch(/^uid=(\d+)\(ksmpilot\) gid=(\d+)\(ksmpilot\) groups=\2\(ksmpilot\)$/);
    expect(section('runtime folder')).toEqual(['drwxr-s--- root ksmpilot /run/ksmpilot-web']);
  });

  it('brings units that systemd has nothing to say against, and starts neither', () => {
    expect(section('unit problems')).toEqual(['exit 0']);
    expect(section('unit states')).toEqual(['disabled', 'disabled']);
  });

  it('brings manual pages and completion', () => {
    const { version } = packageJson();
    expect(section('manual')).toEqual([`.TH "KSMPILOT" 1 "" "ksmpilot ${version}" "ksmpilot"`]);
    expect(section('completion').slice(1)).toEqual(['offers status']);
  });

  it('says its version, by the Node that it brings along', () => {
    expect(section('version')).toEqual([packageJson().version, 'exit 0']);
    expect(section('node of the release')).toEqual(['none']);
  });

  it('examines the host, and names the cure for what it cannot do there', () => {
    const doctor = json('doctor') as {
      ok: boolean;
      kernel: string;
      bpftrace: string;
      ksm: { present: boolean };
      probes: { name: string; state: string }[];
      problems: { code: string; cure: string }[];
    };
    expect(doctor).toMatchObject({ ok: true, kernel: kernelRelease(), ksm: { present: true } });
    expect(`v${doctor.bpftrace}`).toBe(section('bpftrace')[0]?.replace('bpftrace ', ''));
    expect(doctor.probes.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'scanner unavailable',
      'cow unavailable',
      'kvm unavailable',
    ]);
    expect(doctor.problems).toContainEqual(
      expect.objectContaining({ code: 'TRACEFS_MISSING', cure: 'mount -t tracefs tracefs /sys/kernel/tracing' }),
    );
    expect(section('doctor end')).toEqual(['exit 0']);
  });

  it('observes: the agent answers with the facts of this kernel', () => {
    const status = json('status') as {
      mode: string;
      seq: number;
      baseline: unknown;
      knobs: Record<string, unknown>;
      probes: { state: string }[];
      host: { hostname: string; kernel: string };
    };
    expect(status).toMatchObject({
      mode: 'observe',
      baseline: null,
      host: { hostname: 'package-test', kernel: kernelRelease(), ksmpilot: packageJson().version },
    });
    expect(hostname()).not.toBe('package-test');
    expect(status.seq).toBeGreaterThan(0);
    expect(status.knobs['max_page_sharing']).toBe(Number(readFileSync(`${KSM}/max_page_sharing`, 'utf8')));
    expect(status.probes.map(({ state }) => state)).toEqual(['off', 'off', 'off']);
    expect(section('agent log').filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  });

  it('serves the page by the user without privileges, and refuses a change without a token', () => {
    expect(section('page')).toEqual(['200 a page', 'change 401']);
    expect(section('page process')).toEqual(['ksmpilot', 'CapBnd:\t0000000000000000']);
    expect(section('sockets')).toEqual([
      'drwx------ root root /run/ksmpilot',
      'srw------- root root /run/ksmpilot/agent.sock',
      '-rw------- root root /run/ksmpilot/token',
      'srw-rw---- root ksmpilot /run/ksmpilot-web/agent.sock',
    ]);
    expect(section('stop')).toEqual(['web 0', 'agent 0']);
  });

  it('keeps settings and enabled units over an upgrade', () => {
    expect(section('upgrade').at(-1), section('upgrade').join('\n')).toBe('exit 0');
    expect(section('after the upgrade')).toEqual(['# ours', 'enabled', 'enabled']);
  });

  it('keeps only the settings when it is removed', () => {
    expect(section('remove').at(-1), section('remove').join('\n')).toBe('exit 0');
    expect(section('after removal')).toEqual(['rc ', '# ours']);
  });

  it('leaves nothing when it is purged: every path and every content as before', () => {
    const [paths = 0, changedByInstalling = 0] = section('seen').map(Number);
    expect(paths).toBeGreaterThan(10_000);
    expect(changedByInstalling).toBeGreaterThan(1000);
    expect(section('purge').at(-1), section('purge').join('\n')).toBe('exit 0');
    expect(section('left')).toEqual([]);
  });

  it('installs from the tarball by the commands of docs/install.md', () => {
    expect(section('tarball').at(-1), section('tarball').join('\n')).toBe('exit 0');
    expect(section('tarball state')).toEqual([
      'drwxr-xr-x root root /',
      'drwxr-xr-x root root /etc',
      'drwxr-xr-x root root /usr',
      '-rwxr-xr-x root root /usr/bin/ksmpilot',
      'drwxr-s--- root ksmpilot /run/ksmpilot-web',
      ...['enabled', 'enabled'],
      'exit 0',
      packageJson().version,
      'exit 0',
    ]);
    expect(section('end')).toEqual([]);
  });
});

function packageJson(): { version: string } {
  return JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
}
