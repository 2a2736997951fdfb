import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { CertificateFiles } from '../../../../src/agent/auth/certificate-files.js';
import { TokenStore } from '../../../../src/agent/auth/token-store.js';
import { secureChannel } from '../../../../web/gateway/secure-channel.js';
import { addToken } from '../../../../src/agent/auth/token-list.js';
import { writeTokenFile } from '../../../../src/agent/auth/token-file.js';
import { RecordingLog, TestAgent, testPoint } from '../../../helpers/agent-port.js';
import { pem, TestAuthority, type Issued } from '../../../helpers/certificates.js';
import {
  bearer,
  call,
  Collected,
  connect,
  refusal,
  startHarness,
  until,
  type Harness,
  type TestChannel,
} from '../../../helpers/rpc.js';

let authority: TestAuthority;
let first: Issued;
let second: Issued;
beforeAll(() => {
  authority = new TestAuthority();
  first = authority.issue({ commonName: 'first', names: ['IP:127.0.0.1', 'DNS:localhost'] });
  second = authority.issue({ commonName: 'second', names: ['IP:127.0.0.1', 'DNS:localhost'] });
});
afterAll(() => authority[Symbol.dispose]());

let dir: string;
let paths: { certificate: string; key: string; clientCa: string };
let log: RecordingLog;
let files: CertificateFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-tls-'));
  paths = { certificate: join(dir, 'server.pem'), key: join(dir, 'server.key'), clientCa: authority.certificate };
  put(first);
  log = new RecordingLog();
  files = new CertificateFiles({ paths, log });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put({ certificate, key }: Issued): void {
  copyFileSync(certificate, paths.certificate);
  copyFileSync(key, paths.key);
}

const tlsClient = (client?: Issued): TestChannel =>
  secureChannel('127.0.0.1:0', {
    ca: readFileSync(authority.certificate),
    ...(client === undefined ? {} : pem(client)),
  });

async function start(options: Parameters<typeof startHarness>[0] = {}, agent = new TestAgent()): Promise<Harness> {
  return startHarness({ tls: files, ...options }, agent);
}

/** Subject of the certificate that a new connection is shown. */
function shown(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        host: '127.0.0.1',
        port: Number(address.split(':')[1]),
        ca: readFileSync(authority.certificate),
        ALPNProtocols: ['h2'],
      },
      () => {
        const { subject } = socket.getPeerCertificate();
        socket.destroy();
        resolve(String(subject.CN));
      },
    );
    socket.on('error', reject);
  });
}

test('other machines reach the agent over TLS, by a token of the role that the call needs', async () => {
  const tokenFile = join(dir, 'tokens.json');
  const now = Date.now();
  writeTokenFile(
    tokenFile,
    addToken(
      addToken([], { name: 'grafana', role: 'view', token: 'view-token' }, now),
      { name: 'ops', role: 'tune', token: 'tune-token' },
      now,
    ),
  );
  await using harness = await start({ address: '0.0.0.0:0', tokens: new TokenStore({ path: tokenFile, log }) });
  const client = connect(harness.address.replace('0.0.0.0', '127.0.0.1'), tlsClient());
  const nothing = await refusal(call((done) => client.getHost({}, done)));
  expect([nothing.code, nothing.details]).toEqual([status.UNAUTHENTICATED, expect.stringMatching(/^TOKEN_MISSING: /)]);
  expect(await call<unknown>((done) => client.getHost({}, bearer('view-token'), done))).toMatchObject({
    hostname: 'hv1',
  });
  const viewer = await refusal(call((done) => client.pause({}, bearer('view-token'), done)));
  expect([viewer.code, viewer.details]).toEqual([
    status.PERMISSION_DENIED,
    expect.stringMatching(/^ROLE_MISSING: token grafana/),
  ]);
  expect(await call<unknown>((done) => client.pause({}, bearer('tune-token'), done))).toMatchObject({ paused: true });
  expect(await call<unknown>((done) => client.whoAmI({}, bearer('tune-token'), done))).toEqual({
    role: 'ROLE_TUNE',
    name: 'ops',
  });
  client.close();
});

test('a client certificate has the role that the settings give its name; another has none', async () => {
  await using harness = await start({
    certificates: [
      { match: 'CN=ops', role: 'tune' },
      { match: 'URI:spiffe://site/grafana', role: 'view' },
    ],
  });
  const other = new TestAuthority('somebody else');
  const as = async (issued: Issued): Promise<unknown> => {
    const client = connect(harness.address, tlsClient(issued));
    try {
      return (await call<{ role: string }>((done) => client.whoAmI({}, done))).role;
    } catch (error) {
      return (error as { details: string }).details.split(':')[0];
    } finally {
      client.close();
    }
  };
  expect(await as(authority.issue({ commonName: 'ops' }))).toBe('ROLE_TUNE');
  expect(await as(authority.issue({ commonName: 'g', names: ['URI:spiffe://site/grafana'] }))).toBe('ROLE_VIEW');
  expect(await as(authority.issue({ commonName: 'ops2' }))).toBe('ROLE_MISSING');
  expect(await as(other.issue({ commonName: 'ops' }))).toBe('TOKEN_MISSING');
  expect(await as(authority.issue({ commonName: 'ops', expired: true }))).toBe('TOKEN_MISSING');
  other[Symbol.dispose]();
});

test('a new certificate is shown to new connections, and open streams go on', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  await using harness = await start({}, agent);
  const client = connect(harness.address, tlsClient());
  const frames = new Collected<SampleFrame__Output>(client.streamSamples({ look_back_sec: 60 }, bearer()));
  await frames.first(1);
  expect(await shown(harness.address)).toBe('first');
  put(second);
  files.check();
  expect(await shown(harness.address)).toBe('second');
  agent.addPoint(testPoint(1));
  await frames.first(2);
  expect(frames.error).toBeUndefined();
  frames.cancel();
  client.close();
});

test.each([
  ['rubbish', () => writeFileSync(paths.certificate, 'rubbish')],
  ['a certificate without its key yet', () => copyFileSync(second.certificate, paths.certificate)],
  ['an expired pair', () => put(authority.issue({ commonName: 'late', expired: true }))],
  ['nothing', () => rmSync(paths.key)],
])('new files that do not serve leave the old in use, and the log says so: %s', async (_name, spoil) => {
  await using harness = await start();
  spoil();
  files.check();
  files.check();
  expect(await shown(harness.address)).toBe('first');
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  put(second);
  files.check();
  expect(await shown(harness.address)).toBe('second');
});

test('plain text on a TLS port ends, and the next TLS client is served', async () => {
  await using harness = await start();
  const plain = connect(harness.address);
  const ended = await refusal(call((done) => plain.getHost({}, { deadline: Date.now() + 3000 }, done)));
  expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(ended.code);
  plain.close();
  expect(await shown(harness.address)).toBe('first');
});

test('the stream of a token that is revoked ends', async () => {
  const tokenFile = join(dir, 'tokens.json');
  writeTokenFile(tokenFile, addToken([], { name: 'grafana', role: 'view', token: 'view-token' }, Date.now()));
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  await using harness = await start({ tokens: new TokenStore({ path: tokenFile, log }) }, agent);
  const client = connect(harness.address, tlsClient());
  const frames = new Collected<SampleFrame__Output>(client.streamSamples({ look_back_sec: 60 }, bearer('view-token')));
  await frames.first(1);
  writeTokenFile(tokenFile, []);
  await until(
    () => frames.error !== undefined,
    'the end of the stream',
    () => '',
    8000,
  );
  expect(frames.error?.code).toBe(status.UNAUTHENTICATED);
  client.close();
}, 15_000);
