import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { KsmpilotError } from '../errors.js';
import { formatAddress, isLoopback, parseAddress } from './address.js';
import { HealthService, type ServingStatus } from './health.js';
import type { AgentPort, LogPort } from './port.js';
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

export interface RpcServerOptions {
  readonly port: AgentPort;
  /** What changing calls must bear. */
  readonly token: string;
  /** `HOST:PORT`; port 0 asks the system for one. */
  readonly address: string;
  /** Absolute path of the Unix socket; undefined: none. Its folder must be ours alone (0700). */
  readonly socketPath?: string | undefined;
  readonly allowNonLoopback: boolean;
  readonly log: LogPort;
  readonly maxStreams?: number | undefined;
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

/** The agent's gRPC services on loopback and on a Unix socket, with standard health and reflection. */
export class RpcServer {
  readonly #options: RpcServerOptions;
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
   * @throws KsmpilotError BIND_REFUSED, PORT_IN_USE, AGENT_RUNNING, STATE_DIR_UNUSABLE, CONFIG_INVALID; nothing listens
   * then.
   */
  async start(): Promise<Listening> {
    const { address, allowNonLoopback, log, port, socketPath, token } = this.#options;
    const wanted = parseAddress(address);
    if (!allowNonLoopback && !isLoopback(wanted.host)) {
      throw new KsmpilotError('BIND_REFUSED', `${address} is not loopback, and gRPC traffic is not encrypted.`, {
        hint: 'Use 127.0.0.1:PORT and an SSH tunnel, or set grpc.allowNonLoopback.',
      });
    }
    const streams = new StreamSet({ limit: this.#options.maxStreams ?? MAX_STREAMS, log });
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
      createHandlers({ port, token, streams, log, now: this.#options.now ?? Date.now }),
    );
    health.addToServer(server);
    new ReflectionService({ ...loadProto(), ...loadSync(healthProtoPath) }).addToServer(server);

    try {
      const bound = await bind(server, formatAddress(wanted), address);
      if (socketPath !== undefined) {
        await prepareSocket(socketPath);
        await bind(server, `unix:${socketPath}`, socketPath);
        closeToOthers(socketPath);
      }
      this.#server = server;
      this.#streams = streams;
      this.#health = health;
      this.#watchSamples(health);
      return { address: formatAddress({ ...wanted, port: bound }), socketPath };
    } catch (error) {
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
    const { log, socketPath } = this.#options;
    try {
      if (socketPath !== undefined) removeSocket(socketPath);
    } catch (error) {
      log.warn('the Unix socket could not be removed', { socketPath, error: String(error) });
    }
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

/** @returns The bound port. @param shown The address as the user wrote it. */
function bind(server: Server, target: string, shown: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(toBindError(error, shown));
    });
  });
}

/** grpc-js tells the errno in the text only: `No address added out of total 1 resolved errors: [listen EADDRINUSE ...]`. */
function toBindError(cause: Error, shown: string): KsmpilotError {
  if (cause.message.includes('EADDRINUSE')) {
    return new KsmpilotError('PORT_IN_USE', `${shown} is in use by another program.`, {
      hint: 'Stop that program (`ss -ltnp` names it), or choose another port with --grpc HOST:PORT.',
      cause,
    });
  }
  return new KsmpilotError('BIND_REFUSED', `${shown} cannot be bound: ${cause.message}.`, {
    hint: 'Choose an address of this host and a port that this user may bind.',
    cause,
  });
}
