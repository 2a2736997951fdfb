import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findProgram } from '../../../../scripts/bootstrap/command.mjs';
import { filesOfPlan, getPackages, versionOf } from '../../../../scripts/kernels/debian.mjs';

describe('filesOfPlan', () => {
  it('names the files as apt does in its archives', () => {
    const plan = [
      'NOTE: This is only a simulation!',
      'Inst gcc-12-base (12.2.0-14+deb12u1 Debian:12.11/bookworm [amd64])',
      'Inst zlib1g (1:1.2.13.dfsg-1 Debian:12.11/bookworm [amd64]) []',
      'Inst base-files (12.4 Debian:12/bookworm, Debian-Security:12/bookworm-security [all]) [a:amd64 b:amd64 ]',
      'Conf zlib1g (1:1.2.13.dfsg-1 Debian:12.11/bookworm [amd64])',
    ].join('\n');
    expect(filesOfPlan(plan)).toEqual([
      'gcc-12-base_12.2.0-14+deb12u1_amd64.deb',
      'zlib1g_1%3a1.2.13.dfsg-1_amd64.deb',
      'base-files_12.4_all.deb',
    ]);
  });
});

describe('versionOf', () => {
  it('reads it off the file', () => {
    const debs = [
      { file: '/x/libc6_2.36-9_amd64.deb', sha256: '' },
      { file: '/x/qemu-system-x86_1%3a10.0.13+ds-0_amd64.deb', sha256: '' },
    ];
    expect(versionOf(debs, /^qemu/)).toBe('1:10.0.13+ds-0');
    expect(versionOf(debs, /^bpftrace$/)).toBeUndefined();
  });
});

describe('getPackages', () => {
  let cache: string;
  const set = { release: 'bookworm', name: 'root', packages: ['bpftrace'], take: 'closure' } as const;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'ksmpilot-packages-'));
    for (const folder of ['sets', 'debs/bookworm']) mkdirSync(join(cache, folder), { recursive: true });
    const sha256 = createHash('sha256').update('a package').digest('hex');
    const manifest = { packages: set.packages, debs: [{ file: 'bpftrace_0.17_amd64.deb', sha256 }] };
    writeFileSync(join(cache, 'sets/bookworm-root.json'), JSON.stringify(manifest));
    writeFileSync(join(cache, 'debs/bookworm/bpftrace_0.17_amd64.deb'), 'a package');
    // Nobody listens there.
    vi.stubEnv('KSMPILOT_DEBIAN_MIRROR', 'http://127.0.0.1:1/debian');
    vi.stubEnv('KSMPILOT_DEBIAN_SECURITY_MIRROR', 'http://127.0.0.1:1/security');
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });

  it('takes what is whole from the cache, without any mirror', async () => {
    const debs = await getPackages(cache, set);
    expect(debs.map(({ file }) => file)).toEqual([join(cache, 'debs/bookworm/bpftrace_0.17_amd64.deb')]);
  });

  it.each([
    ['of another content', () => writeFileSync(join(cache, 'debs/bookworm/bpftrace_0.17_amd64.deb'), 'a packagE')],
    ['gone', () => rmSync(join(cache, 'debs/bookworm/bpftrace_0.17_amd64.deb'))],
    [
      'those of another list',
      () => writeFileSync(join(cache, 'sets/bookworm-root.json'), '{"packages":["vim"],"debs":[]}'),
    ],
    ['of an unknown manifest', () => writeFileSync(join(cache, 'sets/bookworm-root.json'), '{"packa')],
  ])(
    'asks the mirror where files are %s, and says which one does not answer',
    async (_case, damage) => {
      damage();
      const failure = await getPackages(cache, set).catch((error: unknown) => error);
      expect(failure).toMatchObject(noMirror());
    },
    60_000,
  );
});

/** What the message must say; a host that is no Debian has an obstacle before the mirror. */
function noMirror(): object {
  if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg'))
    return { message: expect.stringContaining('keyring') as string };
  if (findProgram('apt-get') === undefined)
    return { message: expect.stringContaining('no apt-get on this host') as string };
  return {
    message: expect.stringContaining("Debian's lists (bookworm) cannot be had") as string,
    hint: expect.stringContaining('http://127.0.0.1:1/debian') as string,
  };
}
