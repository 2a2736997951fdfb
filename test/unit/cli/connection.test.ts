import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateFiles } from '../../../src/agent/auth/certificate-files.js';
import { writeTokenFile } from '../../../src/agent/auth/token-file.js';
import { addToken } from '../../../src/agent/auth/token-list.js';
import { TokenStore } from '../../../src/agent/auth/token-store.js';
import { createToken } from '../../../src/agent/token.js';
import { withAgent, type AgentClient } from '../../../src/cli/client.js';
import { isLocal, openChannel, tokenFor, type AgentFlags } from '../../../src/cli/connection.js';
import { registerStatus } from '../../../src/cli/status.js';
import { RecordingLog, TestAgent, testPoint } from '../../helpers/agent-port.js';
import { TestAuthority, type Issued } from '../../helpers/certificates.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness, type Harness } from '../../helpers/rpc.js';

let authority: TestAuthority;
let dir: string;
let good: Issued;
beforeAll(() => {
  authority = new TestAuthority();
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-connection-'));
  good = authority.issue({ commonName: 'hv1', names: ['IP:127.0.0.1'] });
});
afterAll(() => {
  authority[Symbol.dispose]();
  rmSync(dir, { recursive: true, force: true });
});

let viewFile: string;
let tokens: TokenStore;
beforeEach(() => {
  viewFile = join(dir, 'view');
  writeFileSync(viewFile, 'view-token\n');
  const path = join(dir, 'tokens.json');
  writeTokenFile(path, addToken([], { name: 'v', role: 'view', token: 'view-token' }, Date.now()));
  tokens = new TokenStore({ path, log: new RecordingLog() });
});

function tlsAgent(server: Issued, clientCa?: string): Promise<Harness> {
  const files = new CertificateFiles({ paths: { ...server, clientCa }, log: new RecordingLog() });
  const certificates = [{ match: 'CN=ops', role: 'tune' }] as const;
  return startHarness({ tls: files, tokens, certificates });
}

async function outcome(
  flags: AgentFlags,
  work = (agent: AgentClient): Promise<unknown> => agent.host(),
): Promise<unknown> {
  return withAgent({ stateDir: dir, ...flags }, work).then(
    () => 'yes',
    (error: unknown) => error,
  );
}

describe('over TLS', () => {
  it('with authority and token, as with a certificate, calls are answered', async () => {
    await using harness = await tlsAgent(good, authority.certificate);
    const flags = { agent: harness.address, tlsCa: authority.certificate };
    expect(await outcome({ ...flags, tokenFile: viewFile })).toBe('yes');
    expect(await outcome({ ...flags, tokenFile: viewFile }, (agent) => agent.pause())).toMatchObject({
      code: 'ROLE_MISSING',
    });
    const ops = authority.issue({ commonName: 'ops' });
    const mine = { tlsCert: ops.certificate, tlsKey: ops.key };
    expect(await outcome({ ...flags, ...mine }, (agent) => agent.pause())).toBe('yes');
    const none = await outcome({ ...flags });
    expect(none).toMatchObject({ code: 'TOKEN_MISSING', hint: expect.stringContaining('--token-file') as string });
  });

  it('a stream bears the token as well', async () => {
    const agent = new TestAgent();
    agent.addPoint(testPoint(0));
    await using harness = await startHarness(
      { tls: new CertificateFiles({ paths: good, log: new RecordingLog() }), tokens },
      agent,
    );
    const flags = { agent: harness.address, tlsCa: authority.certificate, tokenFile: viewFile };
    const first = await withAgent(flags, async (client) => {
      const ended = new AbortController();
      for await (const frame of client.samples({ lookBackSec: 3600, signal: ended.signal })) return frame;
      return undefined;
    });
    expect(first).toMatchObject({ time_ms: 1_700_000_000_000 });
  });

  it('--tls-name is the name that is looked for, as through a tunnel', async () => {
    await using harness = await tlsAgent(authority.issue({ commonName: 'x', names: ['DNS:hv1.example.org'] }));
    const flags = { agent: harness.address, tlsCa: authority.certificate, tokenFile: viewFile };
    expect(await outcome({ ...flags, tlsName: 'hv1.example.org' })).toBe('yes');
    expect(await outcome({ ...flags, tlsName: 'hv2.example.org' })).toMatchObject({ code: 'TLS_REFUSED' });
  });

  it.each<[string, () => Issued, () => string, string, string]>([
    [
      'expired',
      () => authority.issue({ commonName: 'x', names: ['IP:127.0.0.1'], expired: true }),
      () => authority.certificate,
      'expired',
      'Renew',
    ],
    [
      'for another host',
      () => authority.issue({ commonName: 'x', names: ['IP:192.0.2.1'] }),
      () => authority.certificate,
      '192.0.2.1',
      '--tls-name',
    ],
    ['of somebody else', () => good, () => new TestAuthority('other').certificate, 'nobody trusted here', '--tls-ca'],
  ])('a certificate that is %s is refused with cause and cure', async (_name, server, ca, cause, cure) => {
    await using harness = await tlsAgent(server());
    expect(await outcome({ agent: harness.address, tlsCa: ca() })).toMatchObject({
      code: 'TLS_REFUSED',
      message: expect.stringContaining(cause) as string,
      hint: expect.stringContaining(cure) as string,
    });
  });

  it('plain text to a TLS port, and TLS to a plain one, are told apart from no agent at all', async () => {
    await using harness = await tlsAgent(good);
    await using plain = await startHarness();
    expect(await outcome({ agent: harness.address })).toMatchObject({
      code: 'TLS_REFUSED',
      hint: expect.stringContaining('--tls-ca') as string,
    });
    expect(await outcome({ agent: plain.address, tlsCa: authority.certificate })).toMatchObject({
      code: 'TLS_REFUSED',
      message: expect.stringContaining('does not speak TLS') as string,
    });
    expect(await outcome({ agent: '127.0.0.1:1', tlsCa: authority.certificate })).toMatchObject({
      code: 'AGENT_UNREACHABLE',
    });
  });
});

describe('what goes where', () => {
  it('plain text stays on this host; elsewhere it is always TLS', () => {
    const secure = (agent: string, more: AgentFlags = {}): boolean => openChannel({ agent, ...more }).secure;
    expect(['127.0.0.1:1', '[::1]:1', 'localhost:1', 'unix:/run/x'].map((target) => secure(target))).toEqual(
      Array(4).fill(false),
    );
    expect(['192.0.2.1:1', 'hv1.example.org:1', '[2001:db8::1]:1'].map((target) => secure(target))).toEqual(
      Array(3).fill(true),
    );
    expect(secure('127.0.0.1:1', { tlsCa: authority.certificate })).toBe(true);
  });

  it('the token in the state folder goes to no other host', () => {
    const token = createToken(dir);
    const at = (target: string, flags: AgentFlags = {}, need = true): string | undefined =>
      tokenFor({ stateDir: dir, ...flags }, { need, target });
    expect(at('127.0.0.1:1')).toBe(token);
    expect(at('unix:/run/x')).toBe(token);
    expect(at('127.0.0.1:1', {}, false)).toBeUndefined();
    expect(at('hv1.example.org:1')).toBeUndefined();
    expect(at('hv1.example.org:1', { tokenFile: viewFile }, false)).toBe('view-token');
    expect(isLocal('127.0.0.1.example.org:1')).toBe(false);
  });
});

describe('wrong files', () => {
  it.each<[string, () => AgentFlags, string]>([
    ['no such authority', () => ({ tlsCa: '/nonexistent' }), 'TLS_FILES_INVALID'],
    ['a certificate without key', () => ({ tlsCert: good.certificate }), 'CONFIG_INVALID'],
    [
      "another's key",
      () => ({ tlsCert: good.certificate, tlsKey: authority.issue({ commonName: 'x' }).key }),
      'TLS_FILES_INVALID',
    ],
    ['no such token file', () => ({ tokenFile: '/nonexistent' }), 'TOKEN_MISSING'],
    ['a token file with two lines', () => ({ tokenFile: authority.certificate }), 'TOKEN_MISSING'],
  ])('%s', async (_name, flags, code) => {
    await expect(async () =>
      withAgent({ agent: '127.0.0.1:1', ...flags() }, (agent) => agent.host()),
    ).rejects.toMatchObject({ code });
  });
});

it('flags and environment of a command', async () => {
  await using harness = await tlsAgent(good);
  harness.agent.addPoint(testPoint(0));
  const flags = ['--agent', harness.address, '--tls-ca', authority.certificate, '--token-file', viewFile];
  const told = await runCli(registerStatus, ['status', '--json', ...flags]);
  expect([told.code, told.err]).toEqual([0, '']);
  const env = {
    KSMPILOT_AGENT: harness.address,
    KSMPILOT_TLS_CA: authority.certificate,
    KSMPILOT_TOKEN_FILE: viewFile,
  };
  Object.assign(process.env, env);
  try {
    expect((await runCli(registerStatus, ['status', '--json'])).code).toBe(0);
  } finally {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
  }
  expect(readFileSync(viewFile, 'utf8')).toBe('view-token\n');
});
