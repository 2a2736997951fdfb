import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conffiles, controlFile, debianChangelog, debianVersion, makeDeb } from '../../../../scripts/package/deb.mjs';
import { packageRoot } from '../../../../src/agent/paths.js';

const EPOCH_SEC = 1_700_000_000;

describe('what dpkg reads', () => {
  it('has pre-releases before the release', () => {
    expect(debianVersion('1.2.0')).toBe('1.2.0');
    const rc = debianVersion('1.2.0-rc.1');
    expect(rc).toBe('1.2.0~rc.1');
    expect(() => execFileSync('dpkg', ['--compare-versions', rc, 'lt', '1.2.0'])).not.toThrow();
  });

  it('fills in version and size, and leaves no blank of the template', () => {
    const template = readFileSync(join(packageRoot, 'deploy/deb/control'), 'utf8');
    const text = controlFile(template, { version: '1.2.0', sizeKib: 77 });
    expect(text).toContain('\nVersion: 1.2.0\n');
    expect(text).toContain('\nInstalled-Size: 77\n');
    expect(text).not.toContain('@VERSION@');
    expect(text).not.toContain('@SIZE@');
  });

  it('leaves alone what an operator may have changed', () => {
    expect(conffiles(['etc/ksmpilot/config.yaml', 'usr/bin/ksmpilot'])).toBe('/etc/ksmpilot/config.yaml\n');
  });

  it('has a changelog in its format', () => {
    expect(debianChangelog('Package: a\nMaintainer: A <a@b.c>\n', '1.2.0', EPOCH_SEC)).toBe(
      'ksmpilot (1.2.0) unstable; urgency=medium\n\n  * Release 1.2.0; NEWS.gz beside this file tells what changed.\n\n' +
        ' -- A <a@b.c>  Tue, 14 Nov 2023 22:13:20 +0000\n',
    );
  });
});

describe('makeDeb', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ksmpilot-deb-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  async function pack(name: string, mode: number): Promise<Buffer> {
    const tree = join(folder, name);
    for (const path of ['etc/ksmpilot', 'usr/bin', 'usr/share/doc/ksmpilot']) {
      mkdirSync(join(tree, path), { recursive: true, mode });
    }
    writeFileSync(join(tree, 'etc/ksmpilot/config.yaml'), '#mode: observe\n', { mode });
    writeFileSync(join(tree, 'usr/bin/ksmpilot'), '#!/bin/sh\n', { mode });
    utimesSync(join(tree, 'usr/bin/ksmpilot'), Math.random() * 1e9, Math.random() * 1e9);
    const file = join(folder, `${name}.deb`);
    await makeDeb({ root: packageRoot, tree, version: '1.2.0', epochSec: EPOCH_SEC, file });
    return readFileSync(file);
  }

  it('gives the same bytes whatever the times and modes of the files were', async () => {
    const first = await pack('one', 0o700);
    expect((await pack('two', 0o777)).equals(first)).toBe(true);
    const listed = execFileSync('dpkg-deb', ['-c', join(folder, 'one.deb')], { encoding: 'utf8' });
    expect(listed).toMatch(/^-rwxr-xr-x root\/root .* 2023-11-14 22:13 \.\/usr\/bin\/ksmpilot$/m);
    expect(listed).toMatch(/^-rw-r--r-- root\/root .* \.\/etc\/ksmpilot\/config\.yaml$/m);
    const fields = execFileSync('dpkg-deb', ['-f', join(folder, 'one.deb'), 'Package', 'Version'], {
      encoding: 'utf8',
    });
    expect(fields).toBe('Package: ksmpilot\nVersion: 1.2.0\n');
  });
});
