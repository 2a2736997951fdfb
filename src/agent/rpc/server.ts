import { performance } from 'node:perf_hooks';
import { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { Authenticator } from '../auth/authenticator.js';
import type { CertificateRole } from '../auth/certificate-names.js';
import type { TlsMaterial } from '../auth/certificate-files.js';
import type { Rate } from '../auth/rate-limiter.js';
import type { TokenStore } from '../auth/token-store.js';
import { KsmpilotError } from '../errors.js';
import { formatAddress, isLoopback, parseAddress, type HostPort } from './address.js';
import { CallAudit, type AuditPort } from './audit.js';
import { Gate, type Entry } from './gate.js';
import { openToGroup, prepareGroupSocket } from './group-socket.js';
import { HealthService, type ServingStatus } from './health.js';
import { Listener, type ListenTarget } from './listener.js';
import { ListenerCredentials } from './listener-credentials.js';
import type { AgentPort, LogPort } from './port.js';
import type { OpenLimits } from './open-calls.js';
import { loadProto, loadService } from './proto.js';
import { createHandlers } from './service.js';
import { StreamSet, type StreamStats } from './stream.js';
import { closeToOthers, prepareSocket, removeSocket } from './unix-socket.js';

/** Streams at once over all clients: tens of pages and exporters; each may hold a queue. */
const MAX_STREAMS = 64;
/** No request of ours comes near; what is larger is refused before it is read. */
const MAX_REQUEST_BYTES = 64 * 1024;
/** Without a sample for this long the agent is not serving: ten intervals of the default second. */
const STALE_AFTER_MS = 10_000;
/** How long calls under way may take when the server stops. */
const STOP_GRACE_MS = 2000;

/** Certificate and key that may change; src/agent/auth/certificate-files.ts has them from files. */
export interface CertificateSource {
  /** @throws KsmpilotError TLS_FILES_INVALID */
  start(): TlsMaterial;
  onChange(listener: (material: TlsMaterial) => void): () => void;
  stop(): void;
}

/** Most that clients may ask for; what is not given has the default of its module. */
export interface RpcLimits {
  readonly streams?: number | undefined;
  readonly streamsPerRemote?: number | undefined;
  readonly connections?: number | undefined;
  readonly connectionsPerRemote?: number | undefined;
  readonly callsPerRemote?: Rate | undefined;
  readonly callsPerEntry?: Rate | undefined;
  readonly failures?: Rate | undefined;
  readonly open?: OpenLimits | undefined;
}

export interface RpcServerOptions {
  readonly port: AgentPort;
  /** The token of this run, with the role tune. */
  readonly token: string;
  /** Further tokens, with their roles. */
  readonly tokens?: TokenStore | undefined;
  /** Which client certificates have which role; others have none. */
  readonly certificates?: readonly CertificateRole[] | undefined;
  /** `HOST:PORT`; port 0 asks the system for one. */
  readonly address: string;
  /** TLS on `address`, which then may be other than loopback, and reading needs the role view. */
  readonly tls?: CertificateSource | undefined;
  /** Absolute path of the Unix socket; undefined: none. Its folder must be ours alone (0700). */
  readonly socketPath?: string | undefined;
  /** Absolute path of a socket that a group may use, see group-socket.ts; undefined: none. */
  readonly groupSocketPath?: string | undefined;
  readonly log: LogPort;
  /** Where changing calls, and refused ones, are written down; undefined: in the log. */
  readonly audit?: AuditPort | undefined;
  readonly limits?: RpcLimits | undefined;
  /** At least twice the sampling interval. */
  readonly staleAfterMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** Where a started server listens. */
export interface Listening {
  /** `HOST:PORT` with the real port. */
  readonly address: string;
  readonly socketPath: string | undefined;
}

/** The agent's gRPC services on one address and on Unix sockets, with standard health and reflection. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #listeners: Listener[] = [];
  #server: Server | undefined;
  #streams: StreamSet | undefined;
  #health: HealthService | undefined;
  #unsubscribe: (() => void) | undefined;
  #staleTimer: NodeJS.Timeout | undefined;

  constructor(options: RpcServerOptions) {
    this.#options = options;
  }

  get streamStats(): StreamStats {
    return this.#streams?.stats ?? { open: 0, queued: 0, dropped: 0 };
  }

  get health(): ServingStatus {
    return this.#health?.status ?? 'NOT_SERVING';
  }

  /**
   * @throws KsmpilotError BIND_REFUSED, PORT_IN_USE, TLS_FILES_INVALID, AGENT_RUNNING, STATE_DIR_UNUSABLE,
   * CONFIG_INVALID; nothing listens then.
   */
  async start(): Promise<Listening> {
    const { address, limits, log, port, tls } = this.#options;
    const wanted = parseAddress(address);
    if (tls === undefined && !isLoopback(wanted.host)) {
      throw new KsmpilotError('BIND_REFUSED', `${address} is not loopback, and without TLS anybody could listen in.`, {
        hint: 'Set grpc.tls (docs/security.md), or use 127.0.0.1:PORT and an SSH tunnel.',
      });
    }
    const streams = new StreamSet({
      limit: limits?.streams ?? MAX_STREAMS,
      limitPerRemote: limits?.streamsPerRemote,
      log,
    });
    const audit = this.#options.audit ?? new CallAudit({ write: (line) => log.info('audit', { ...line }) });
    const ksmpilot = loadService();
    const serviceName = 'ksmpilot.v1.Ksmpilot';
    const health = new HealthService({ names: ['', serviceName], streams, log });
    const server = new Server({
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_concurrent_streams': 100,
      // Finds readers whose machine went away without a word.
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 20_000,
      'grpc.max_connection_idle_ms': 600_000,
    });
    server.addService(
      ksmpilot.service,
      createHandlers({ port, audit, streams, log, now: this.#options.now ?? Date.now }),
    );
    health.addToServer(server);
    new ReflectionService({ ...loadProto(), ...loadSync(healthProtoPath) }).addToServer(server);

    try {
      const bound = await this.#openAll(server, this.#makeGate(audit), wanted);
      this.#server = server;
      this.#streams = streams;
      this.#health = health;
      this.#watchSamples(health);
      return { address: formatAddress({ ...wanted, port: bound }), socketPath: this.#options.socketPath };
    } catch (error) {
      this.#closeEntries();
      server.forceShutdown();
      throw error;
    }
  }

  /** Ends streams, lets calls under way finish for a moment, then closes everything. Never rejects. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#unsubscribe?.();
    clearTimeout(this.#staleTimer);
    this.#closeEntries();
    this.#health?.setStatus('NOT_SERVING');
    this.#streams?.endAll();
    await new Promise<void>((resolve) => {
      const grace = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, STOP_GRACE_MS);
      server.tryShutdown(() => {
        clearTimeout(grace);
        resolve();
      });
    });
    const { log, socketPath, groupSocketPath } = this.#options;
    for (const path of [socketPath, groupSocketPath]) {
      try {
        if (path !== undefined) removeSocket(path);
      } catch (error) {
        log.warn('the Unix socket could not be removed', { socketPath: path, error: String(error) });
      }
    }
  }

  #makeGate(audit: AuditPort): Gate {
    const { certificates, limits, token, tokens } = this.#options;
    return new Gate({
      authenticator: new Authenticator({ runToken: token, tokens, certificates }),
      audit,
      monoMs: () => performance.now(),
      callsPerRemote: limits?.callsPerRemote,
      callsPerEntry: limits?.callsPerEntry,
      failures: limits?.failures,
      open: limits?.open,
    });
  }

  /** @returns The bound port of `address`. */
  async #openAll(server: Server, gate: Gate, wanted: HostPort): Promise<number> {
    const { address, groupSocketPath, socketPath, tls } = this.#options;
    const host = wanted.host === 'localhost' ? '127.0.0.1' : wanted.host;
    const material = tls?.start();
    const kind = material === undefined ? 'loopback' : 'tls';
    const bound = await this.#open({ server, gate, entry: { kind }, material }, { ...wanted, host }, address);
    const socketEntry = { server, gate, entry: { kind: 'unix socket' } } as const;
    if (socketPath !== undefined) {
      await prepareSocket(socketPath);
      await this.#open(socketEntry, { path: socketPath }, socketPath);
      closeToOthers(socketPath);
    }
    if (groupSocketPath !== undefined) {
      await prepareGroupSocket(groupSocketPath);
      await this.#open(socketEntry, { path: groupSocketPath }, groupSocketPath);
      openToGroup(groupSocketPath);
    }
    return bound;
  }

  /** @param shown The address as the user wrote it. @returns The bound port. */
  async #open({ server, gate, entry, material }: Opening, target: ListenTarget, shown: string): Promise<number> {
    const { limits, log, tls } = this.#options;
    const credentials = new ListenerCredentials({ interceptors: [gate.interceptor(entry)], tls: material });
    if (material !== undefined) tls?.onChange((next) => credentials.renew(next));
    const listener = new Listener({
      injector: server.createConnectionInjector(credentials),
      log,
      maxConnections: limits?.connections,
      maxPerRemote: limits?.connectionsPerRemote,
    });
    const bound = await listener.listen(target, shown);
    this.#listeners.push(listener);
    return bound;
  }

  /** Nobody new comes in; who is in stays. */
  #closeEntries(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#options.tls?.stop();
  }

  #watchSamples(health: HealthService): void {
    const staleAfterMs = this.#options.staleAfterMs ?? STALE_AFTER_MS;
    const fresh = (): void => {
      health.setStatus('SERVING');
      clearTimeout(this.#staleTimer);
      this.#staleTimer = setTimeout(() => health.setStatus('NOT_SERVING'), staleAfterMs);
      this.#staleTimer.unref();
    };
    this.#unsubscribe = this.#options.port.onPoint(fresh);
    if (this.#options.port.latest() !== undefined) fresh();
  }
}

interface Opening {
  readonly server: Server;
  readonly gate: Gate;
  readonly entry: Entry;
  readonly material?: TlsMaterial | undefined;
}
