import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateFiles } from '../../../../src/agent/auth/certificate-files.js';
import { isCertified } from '../../../../web/gateway/page-server.js';
import { RecordingLog } from '../../../helpers/agent-port.js';
import { TestAuthority, type Issued } from '../../../helpers/certificates.js';
import { startFakePage, type FakePage } from '../../../helpers/fake-page.js';

let authority: TestAuthority;
let first: Issued;
let dir: string;
let files: CertificateFiles;
let page: FakePage;
beforeAll(async () => {
  authority = new TestAuthority();
  first = authority.issue({ commonName: 'first', names: ['DNS:hv1.example.org', 'DNS:*.lab.example', 'IP:192.0.2.7'] });
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-page-tls-'));
  put(first);
  const paths = { certificate: join(dir, 'server.pem'), key: join(dir, 'server.key') };
  files = new CertificateFiles({ paths, log: new RecordingLog() });
  page = await startFakePage({ token: 'secret' }, { address: '0.0.0.0:0', certificate: files, hsts: true });
});
afterAll(async () => {
  await page.stop();
  authority[Symbol.dispose]();
  rmSync(dir, { recursive: true, force: true });
});

function put({ certificate, key }: Issued): void {
  copyFileSync(certificate, join(dir, 'server.pem'));
  copyFileSync(key, join(dir, 'server.key'));
}

function get(path: string, host: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  const ca = readFileSync(authority.certificate);
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${page.port}` };
    const req = request(
      { host: '127.0.0.1', port: page.port, path, ca, servername: 'hv1.example.org', headers },
      (res) => {
        res.resume();
        resolve({ status: res.statusCode ?? 0, headers: res.headers });
      },
    );
    req.on('error', reject);
    req.end();
  });
}

function shown(): Promise<string> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(authority.certificate);
    const socket = connectTls({ host: '127.0.0.1', port: page.port, ca, servername: 'hv1.example.org' }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('the page over HTTPS', () => {
  it('serves on other addresses than loopback, by the names of its certificate', async () => {
    expect(page.url).toMatch(/^https:\/\/[^/:]+:\d+\/$/);
    const { status, headers } = await get('/healthz', 'hv1.example.org');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'strict-transport-security': expect.stringMatching(/^max-age=\d+$/) as string,
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as string,
    });
    expect((await get('/healthz', 'a.lab.example')).status).toBe(200);
    expect((await get('/healthz', 'evil.example')).status).toBe(403);
  });

  it('tells nothing to who has not signed in', async () => {
    for (const path of [
      '/api/status',
      '/api/host',
      '/api/guests',
      '/api/agents',
      '/api/fleet',
      '/metrics',
      '/api/stream',
    ]) {
      expect([path, (await get(path, 'hv1.example.org')).status]).toEqual([path, 401]);
    }
  });

  it('shows a new certificate to new connections', async () => {
    expect(await shown()).toBe('first');
    put(authority.issue({ commonName: 'second', names: ['DNS:hv1.example.org'] }));
    files.check();
    expect(await shown()).toBe('second');
    expect((await get('/healthz', 'hv1.example.org')).status).toBe(200);
    put(first);
    files.check();
  });

  it('lives on when plain text comes', async () => {
    await new Promise<void>((resolve) => {
      const socket = createConnection(page.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.on('close', () => resolve()).on('error', () => undefined);
      socket.resume();
    });
    expect((await get('/healthz', 'hv1.example.org')).status).toBe(200);
  });
});

describe('names of a certificate', () => {
  it.each([
    ['hv1.example.org', true],
    ['HV1.example.org', true],
    ['a.lab.example', true],
    ['a.b.lab.example', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8::1', false],
    ['first', false],
    ['evil.example', false],
  ])('%s: %s', (name, is) => {
    expect(isCertified(name, new X509Certificate(readFileSync(first.certificate)))).toBe(is);
    expect(isCertified(name, undefined)).toBe(false);
  });
});
