import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDifference, missingPackages, npmProgram } from '../../../../scripts/bootstrap/packages.mjs';

const WANTED = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/a': { version: '1.2.3', integrity: 'sha512-a' },
    'node_modules/a/node_modules/@s/b': { version: '4.0.0', integrity: 'sha512-b' },
    'node_modules/native-for-other-cpu': { version: '2.0.0', integrity: 'sha512-n', optional: true },
  },
};
const INSTALLED = {
  packages: {
    'node_modules/a': { version: '1.2.3', integrity: 'sha512-a' },
    'node_modules/a/node_modules/@s/b': { version: '4.0.0', integrity: 'sha512-b' },
  },
};

describe('lockDifference', () => {
  it('is content when all but optional packages are there', () => {
    expect(lockDifference(WANTED, INSTALLED)).toBeUndefined();
  });

  it('names a package that is absent, of another version, or of the same version with other content', () => {
    const a = INSTALLED.packages['node_modules/a'];
    expect(lockDifference(WANTED, { packages: { 'node_modules/a': a } })).toBe('@s/b 4.0.0 is not installed');
    expect(
      lockDifference(WANTED, { packages: { ...INSTALLED.packages, 'node_modules/a': { ...a, version: '1.2.2' } } }),
    ).toBe('a 1.2.2 is installed, 1.2.3 is wanted');
    expect(
      lockDifference(WANTED, { packages: { ...INSTALLED.packages, 'node_modules/a': { ...a, integrity: 'x' } } }),
    ).toContain('a 1.2.3 is installed');
  });

  it('refuses an optional package of another version', () => {
    const stale = { ...INSTALLED.packages, 'node_modules/native-for-other-cpu': { version: '1.0.0' } };
    expect(lockDifference(WANTED, { packages: stale })).toContain('native-for-other-cpu');
  });
});

describe('missingPackages', () => {
  let root: string;
  const put = (path: string, content: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ksmpilot-packages-'));
    put('package-lock.json', WANTED);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('asks for an installation in a fresh clone', () => {
    expect(missingPackages(root)).toBe('packages are not installed yet');
  });

  it('asks for one after an interrupted installation: npm writes its hidden lockfile last', () => {
    put('node_modules/a/package.json', '{}');
    put('node_modules/.package-lock.json', '{"packages": {"node_mod');
    expect(missingPackages(root)).toBe('packages are not installed yet');
  });

  it('is content with a whole one, and sees a folder that was removed from it', () => {
    put('node_modules/.package-lock.json', INSTALLED);
    put('node_modules/a/package.json', '{}');
    put('node_modules/a/node_modules/@s/b/package.json', '{}');
    expect(missingPackages(root)).toBeUndefined();
    rmSync(join(root, 'node_modules/a/node_modules/@s'), { recursive: true });
    expect(missingPackages(root)).toBe('@s/b is missing from node_modules');
  });
});

describe('npmProgram', () => {
  it('takes the npm that runs us, never another package manager', () => {
    expect(npmProgram({ npm_execpath: '/nowhere/npm-cli.js' })).toEqual(['npm']);
    expect(npmProgram({ npm_execpath: '/usr/share/yarn/bin/yarn.js' })).toEqual(['npm']);
    expect(npmProgram({})).toEqual(['npm']);
  });
});
