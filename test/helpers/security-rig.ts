/** An agent on every kind of entry with pages in front, and every kind of caller: for the security test list. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  makeClientConstructor,
  Metadata,
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { CertificateFiles } from '../../src/agent/auth/certificate-files.js';
import { readTokenFile, writeTokenFile } from '../../src/agent/auth/token-file.js';
import { addToken, removeToken } from '../../src/agent/auth/token-list.js';
import { TokenStore } from '../../src/agent/auth/token-store.js';
import { Gateway } from '../../web/gateway/gateway.js';
import { secureChannel } from '../../web/gateway/secure-channel.js';
import { RecordingLog, TestAgent, testPoint } from './agent-port.js';
import { pem, TestAuthority, type Issued } from './certificates.js';
import { PROTO_DIR } from './fake-agent.js';
import { call, connect, startHarness, TOKEN, type Harness, type TestChannel } from './rpc.js';

export const TOKENS = {
  'no token': undefined,
  'a wrong token': 'ksmp_wrong',
  'a revoked token': 'ksmp_revoked',
  'an expired token': 'ksmp_expired',
  'a view token': 'ksmp_view',
  'a tune token': 'ksmp_tune',
  "the run's token": TOKEN,
} as const;
export type TokenKind = keyof typeof TOKENS;

export const CERTIFICATES = ['view', 'tune', 'unnamed', 'stranger', 'expired'] as const;
export type CertificateKind = (typeof CERTIFICATES)[number];

export type GrpcEntry = 'loopback' | 'unix socket' | 'tls';
export type GrpcCall = 'read' | 'stream' | 'health' | 'reflection' | 'whoami' | 'look inside' | 'change';

/** `yes`, or the code with which it was refused. */
export type Outcome = string;

export class SecurityRig implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'ksmpilot-security-'));
  readonly authority = new TestAuthority();
  readonly #stranger = new TestAuthority('stranger');
  readonly #clients: Record<CertificateKind, Issued>;
  readonly #server: Issued;
  #local!: Harness;
  #remote!: Harness;
  readonly #gateways: Gateway[] = [];
  readonly #ports = { http: 0, https: 0 };

  constructor() {
    this.#server = this.authority.issue({ commonName: 'hv1', names: ['IP:127.0.0.1', 'DNS:hv1.example.org'] });
    this.#clients = {
      view: this.authority.issue({ commonName: 'grafana' }),
      tune: this.authority.issue({ commonName: 'ops' }),
      unnamed: this.authority.issue({ commonName: 'somebody' }),
      stranger: this.#stranger.issue({ commonName: 'ops' }),
      expired: this.authority.issue({ commonName: 'ops', expired: true }),
    };
  }

  async start(): Promise<void> {
    const log = new RecordingLog();
    const tokens = new TokenStore({ path: this.#writeTokens(), log });
    const socketPath = join(this.dir, 'agent.sock');
    this.#local = await startHarness({ socketPath, tokens, limits: { failures: PATIENT } }, agentWithPoint());
    this.#remote = await startHarness(
      {
        address: '0.0.0.0:0',
        tls: new CertificateFiles({ paths: { ...this.#server, clientCa: this.authority.certificate }, log }),
        tokens,
        certificates: [
          { match: 'CN=grafana', role: 'view' },
          { match: 'CN=ops', role: 'tune' },
        ],
        limits: { failures: PATIENT },
      },
      agentWithPoint(),
    );
    this.#ports.http = await this.#startGateway(socketPath, '127.0.0.1:0', undefined);
    this.#ports.https = await this.#startGateway(
      socketPath,
      '0.0.0.0:0',
      new CertificateFiles({ paths: this.#server, log }),
    );
  }

  /** Makes one call to an agent. */
  async grpc(
    entry: GrpcEntry,
    what: GrpcCall,
    who: { token?: TokenKind; certificate?: CertificateKind },
  ): Promise<Outcome> {
    const target = this.#target(entry);
    const metadata = new Metadata();
    const token = TOKENS[who.token ?? 'no token'];
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const channel = this.#channel(entry, who.certificate);
    const client = connect(target, channel);
    const health = new HealthClient(target, channel.credentials, channel.options);
    try {
      switch (what) {
        case 'read':
          await call((done) => client.getStatus({}, metadata, done));
          break;
        case 'whoami':
          await call((done) => client.whoAmI({}, metadata, done));
          break;
        case 'look inside':
          await call((done) => client.mapGuest({ guest: 'nobody' }, metadata, done)).catch(passAbsent);
          break;
        case 'change':
          await call((done) => client.pause({}, metadata, done));
          break;
        case 'health':
          await call((done) => (health as unknown as HealthMethods).check({ service: '' }, metadata, done));
          break;
        case 'reflection':
          await reflect(health, metadata);
          break;
        case 'stream':
          await firstOf(client.streamSamples({ look_back_sec: 3600 }, metadata));
      }
      return 'yes';
    } catch (error) {
      return String((error as ServiceError).metadata.get('ksmpilot-code')[0] ?? (error as ServiceError).details);
    } finally {
      client.close();
      health.close();
    }
  }

  /** Makes one request to a page. */
  http(scheme: 'http' | 'https', ask: HttpAsk): Promise<Outcome> {
    const port = this.#ports[scheme];
    const host = `${scheme === 'http' ? '127.0.0.1' : 'hv1.example.org'}:${port}`;
    const token = TOKENS[ask.token ?? 'no token'];
    const options = {
      host: '127.0.0.1',
      port,
      path: ask.path,
      method: ask.method ?? 'GET',
      headers: {
        host: ask.host === undefined ? host : `${ask.host}:${port}`,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(ask.origin === undefined ? {} : { origin: ask.origin === 'own' ? `${scheme}://${host}` : ask.origin }),
        ...(ask.cookie === undefined ? {} : { cookie: ask.cookie }),
        ...(ask.method === 'POST' ? { 'content-type': ask.type ?? 'application/json' } : {}),
      },
    };
    return new Promise((resolve, reject) => {
      const onAnswer = (res: IncomingMessage): void => {
        let body = '';
        const cookie = res.headers['set-cookie']?.[0];
        if (cookie !== undefined) this.cookie = cookie.split(';')[0] ?? '';
        if (res.headers['content-type']?.startsWith('text/event-stream') === true) {
          res.destroy();
          resolve('yes');
          return;
        }
        res.setEncoding('utf8').on('data', (chunk) => (body += String(chunk)));
        res.on('end', () => resolve(res.statusCode === 200 ? 'yes' : codeIn(body)));
        res.on('error', reject);
      };
      const req =
        scheme === 'http'
          ? plainRequest(options, onAnswer)
          : tlsRequest(
              { ...options, servername: 'hv1.example.org', ca: readFileSync(this.authority.certificate) },
              onAnswer,
            );
      req.on('error', reject);
      req.end(ask.body ?? (ask.method === 'POST' ? '{}' : undefined));
    });
  }

  /** The cookie that was set last. */
  cookie = '';

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.#gateways) await gateway.stop();
    await this.#local[Symbol.asyncDispose]();
    await this.#remote[Symbol.asyncDispose]();
    this.authority[Symbol.dispose]();
    this.#stranger[Symbol.dispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #writeTokens(): string {
    const path = join(this.dir, 'tokens.json');
    const now = Date.now();
    const add = (name: string, role: 'view' | 'tune', token: string, madeMs = now, lifetimeMs?: number): void =>
      writeTokenFile(path, addToken(readTokenFile(path), { name, role, token, lifetimeMs }, madeMs));
    add('revoked', 'tune', TOKENS['a revoked token']);
    add('expired', 'tune', TOKENS['an expired token'], now - 120_000, 60_000);
    add('viewer', 'view', TOKENS['a view token']);
    add('tuner', 'tune', TOKENS['a tune token']);
    writeTokenFile(path, removeToken(readTokenFile(path), 'revoked'));
    return path;
  }

  #target(entry: GrpcEntry): string {
    if (entry === 'loopback') return this.#local.address;
    if (entry === 'unix socket') return `unix:${join(this.dir, 'agent.sock')}`;
    return this.#remote.address.replace('0.0.0.0', '127.0.0.1');
  }

  #channel(entry: GrpcEntry, certificate: CertificateKind | undefined): TestChannel {
    if (entry !== 'tls') return { credentials: credentials.createInsecure() };
    const client = certificate === undefined ? {} : pem(this.#clients[certificate]);
    return secureChannel('127.0.0.1:0', { ca: readFileSync(this.authority.certificate), ...client });
  }

  async #startGateway(socketPath: string, address: string, certificate: CertificateFiles | undefined): Promise<number> {
    const gateway = new Gateway({
      address,
      agents: [{ name: 'hv1', address: `unix:${socketPath}` }],
      certificate,
      pageDir: join(import.meta.dirname, 'no-page-here'),
      protoDir: PROTO_DIR,
      log: { info: () => undefined, warn: () => undefined },
    });
    this.#gateways.push(gateway);
    return Number(new URL((await gateway.start()).url).port);
  }
}

export interface HttpAsk {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly token?: TokenKind;
  /** `own`: that of the page; undefined: none. */
  readonly origin?: string;
  /** Name in the Host header; undefined: the server's. */
  readonly host?: string;
  readonly type?: string;
  readonly cookie?: string;
  readonly body?: string;
}

/** The list makes many wrong calls: none of them is to be answered late. */
const PATIENT = { perSec: 1000, burst: 1000 };

const HealthClient = makeClientConstructor(healthDefinition, 'Health') as unknown as new (
  target: string,
  channel: ChannelCredentials,
  options?: ChannelOptions,
) => Client;

type ClientStream = Pick<ClientReadableStream<unknown>, 'on' | 'cancel'>;

interface HealthMethods {
  check(
    request: { service: string },
    metadata: Metadata,
    done: Parameters<Parameters<typeof call>[0]>[0],
  ): ReturnType<Parameters<typeof call>[0]>;
}

function agentWithPoint(): TestAgent {
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  return agent;
}

/** Asks for the list of services: field 7 of ServerReflectionRequest, `*`. */
function reflect(client: Client, metadata: Metadata): Promise<void> {
  const asBytes = (bytes: Buffer): Buffer => bytes;
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const stream = client.makeBidiStreamRequest(path, asBytes, asBytes, metadata);
  stream.write(Buffer.from([0x3a, 1, 0x2a]));
  return firstOf(stream);
}

function firstOf(stream: ClientStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', () => {
      resolve();
      stream.cancel();
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('nothing came')));
  });
}

/** The agent of these tests has no guests: that it says so means that it would have answered. */
function passAbsent(error: unknown): void {
  if ((error as ServiceError).metadata.get('ksmpilot-code')[0] !== 'GUEST_ABSENT') throw error;
}

function codeIn(body: string): string {
  try {
    return String((JSON.parse(body) as { code: unknown }).code);
  } catch {
    return body;
  }
}
