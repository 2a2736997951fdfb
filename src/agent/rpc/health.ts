import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import type { LogPort } from './port.js';
import type { StreamSet } from './stream.js';
import { toCatalogued, toServiceError } from './status.js';

export type ServingStatus = 'SERVING' | 'NOT_SERVING';

interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: ServingStatus | 'SERVICE_UNKNOWN';
}
interface Change {
  readonly seq: number;
  readonly status: ServingStatus;
}

/**
 * The standard health service (grpc.health.v1.Health): '' and `ksmpilot.v1.Ksmpilot` have one status, SERVING while
 * samples flow. The definition is that of grpc-health-check; its implementation is not used, for it keeps a watcher list
 * for every name anybody asks about and writes to watchers that do not read.
 */
export class HealthService {
  readonly #names: readonly string[];
  readonly #streams: StreamSet;
  readonly #log: LogPort;
  readonly #watchers = new Set<(change: Change) => void>();
  #current: Change = { seq: 0, status: 'NOT_SERVING' };

  constructor(options: { readonly names: readonly string[]; readonly streams: StreamSet; readonly log: LogPort }) {
    this.#names = options.names;
    this.#streams = options.streams;
    this.#log = options.log;
  }

  get status(): ServingStatus {
    return this.#current.status;
  }

  setStatus(next: ServingStatus): void {
    if (next === this.#current.status) return;
    this.#current = { seq: this.#current.seq + 1, status: next };
    this.#log.info(`health: ${next}`);
    for (const watcher of [...this.#watchers]) watcher(this.#current);
  }

  addToServer(server: Pick<Server, 'addService'>): void {
    server.addService(service, {
      check: (call: ServerUnaryCall<HealthRequest, HealthResponse>, callback: sendUnaryData<HealthResponse>) => {
        if (this.#names.includes(call.request.service)) callback(null, { status: this.status });
        else callback({ code: status.NOT_FOUND, details: 'this agent has no such service.' });
      },
      list: (_call: unknown, callback: sendUnaryData<{ statuses: Record<string, HealthResponse> }>) => {
        callback(null, { statuses: Object.fromEntries(this.#names.map((name) => [name, { status: this.status }])) });
      },
      watch: (call: ServerWritableStream<HealthRequest, HealthResponse>) => {
        this.#watch(call);
      },
    });
  }

  #watch(call: ServerWritableStream<HealthRequest, HealthResponse>): void {
    const known = this.#names.includes(call.request.service);
    try {
      this.#streams.serve<Change, HealthResponse>(call, {
        history: () => [this.#current],
        subscribe: (listener) => {
          if (known) this.#watchers.add(listener);
          return () => this.#watchers.delete(listener);
        },
        seq: (change) => change.seq,
        // The protocol asks for SERVICE_UNKNOWN and an open call, not for an error.
        encode: ([change]) => ({ status: known ? change.status : 'SERVICE_UNKNOWN' }),
        // Only the newest status matters to a watcher.
        capacity: 1,
      });
    } catch (error) {
      call.emit('error', toServiceError(toCatalogued(error)));
    }
  }
}
