import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CertificateFiles, type CertificatePaths } from '../../../../src/agent/auth/certificate-files.js';
import { packageRoot } from '../../../../src/agent/paths.js';
import { RecordingLog } from '../../../helpers/agent-port.js';
import { TestAuthority, type Issued } from '../../../helpers/certificates.js';

const DAY_MS = 86_400_000;

let authority: TestAuthority;
let good: Issued;
beforeAll(() => {
  authority = new TestAuthority();
  good = authority.issue({ commonName: 'good', days: 20 });
});
afterAll(() => authority[Symbol.dispose]());

let dir: string;
let log: RecordingLog;
let files: CertificateFiles | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-certificates-'));
  log = new RecordingLog();
});
afterEach(() => {
  files?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function load(paths: CertificatePaths, now: () => number = Date.now): CertificateFiles {
  files = new CertificateFiles({ paths, log, now });
  files.start();
  return files;
}

test('the certificate that docs/security.md shows how to make is taken', () => {
  const block = /```sh[^\n]*\n(openssl req[^]*?)```/.exec(
    readFileSync(join(packageRoot, 'docs/security.md'), 'utf8'),
  )?.[1];
  if (block === undefined) expect.unreachable();
  execFileSync('sh', ['-ec', block], { cwd: dir, stdio: 'pipe' });
  const { leaf } = load({ certificate: join(dir, 'server.pem'), key: join(dir, 'server.key') });
  expect(leaf?.checkIP('127.0.0.1')).toBe('127.0.0.1');
});

test.each<[string, () => CertificatePaths, RegExp]>([
  ['no certificate', () => ({ ...good, certificate: '/nonexistent' }), /^\/nonexistent cannot be read: ENOENT/],
  ['no key', () => ({ ...good, key: '/nonexistent' }), /^\/nonexistent cannot be read: ENOENT/],
  ['a folder', () => ({ ...good, certificate: '/tmp' }), /^\/tmp cannot be read/],
  [
    'key and certificate the wrong way round',
    () => ({ certificate: good.key, key: good.certificate }),
    /no PEM certificate/,
  ],
  ["another's key", () => ({ ...good, key: authority.issue({ commonName: 'x' }).key }), /is not the key of/],
  ['an authority that is none', () => ({ ...good, clientCa: good.key }), /no PEM certificate/],
])('%s: named', (_name, paths, message) => {
  expect(() => load(paths())).toThrow(
    expect.objectContaining({ code: 'TLS_FILES_INVALID', message: expect.stringMatching(message) as string }),
  );
});

test('a link that leads elsewhere is a new certificate, as Kubernetes and certbot renew', () => {
  const other = authority.issue({ commonName: 'other' });
  const paths = { certificate: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  const point = ({ certificate, key }: Issued): void => {
    for (const [path, target] of [
      [paths.certificate, certificate],
      [paths.key, key],
    ] as const) {
      symlinkSync(target, `${path}.new`);
      renameSync(`${path}.new`, path);
    }
  };
  point(good);
  const loaded = load(paths);
  const told: Buffer[] = [];
  loaded.onChange(({ cert }) => told.push(cert));
  loaded.check();
  expect(told).toEqual([]);
  point(other);
  loaded.check();
  expect(told).toEqual([readFileSync(other.certificate)]);
  expect(loaded.leaf?.subject).toBe('CN=other');
});

test('an end that comes near is told once a day, and the end itself', () => {
  let now = Date.now();
  const loaded = load(good, () => now);
  const warned = (): string[] => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(warned()).toEqual([]);
  now += 10 * DAY_MS;
  for (let hour = 0; hour < 24; hour += 1) loaded.check();
  expect(warned()).toEqual(['the certificate expires soon']);
  now += DAY_MS;
  loaded.check();
  expect(warned()).toHaveLength(2);
  now += 10 * DAY_MS;
  loaded.check();
  expect(warned()[2]).toBe('the certificate has expired: clients refuse it');
});

test('an unreadable file later on leaves the old pair in use', () => {
  const key = join(dir, 'key.pem');
  writeFileSync(key, readFileSync(good.key), { mode: 0o600 });
  const loaded = load({ certificate: good.certificate, key });
  writeFileSync(key, 'rubbish');
  chmodSync(key, 0o600);
  loaded.check();
  expect(loaded.leaf?.subject).toBe('CN=good');
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});
