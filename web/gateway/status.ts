/** From a gRPC status to an HTTP status and the JSON body of every refusal. Pure. */

import { status as grpcStatus, type ServiceError } from '@grpc/grpc-js';

export interface Refusal {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly hint: string | null };
  readonly headers?: Readonly<Record<string, string>>;
}

export function refusal(status: number, code: string, message: string, hint: string | null = null): Refusal {
  return { status, body: { code, message, hint } };
}

/** Thrown by whoever finds that a request cannot be served; the router answers it. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(
    status: number,
    code: string,
    message: string,
    hint: string | null = null,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'Refused';
    this.refusal = { ...refusal(status, code, message, hint), headers };
  }
}

const HTTP_OF: Readonly<Partial<Record<grpcStatus, number>>> = {
  [grpcStatus.INVALID_ARGUMENT]: 400,
  [grpcStatus.OUT_OF_RANGE]: 400,
  [grpcStatus.UNAUTHENTICATED]: 401,
  [grpcStatus.PERMISSION_DENIED]: 403,
  [grpcStatus.NOT_FOUND]: 404,
  [grpcStatus.FAILED_PRECONDITION]: 409,
  [grpcStatus.ABORTED]: 409,
  [grpcStatus.ALREADY_EXISTS]: 409,
  [grpcStatus.RESOURCE_EXHAUSTED]: 429,
  [grpcStatus.UNIMPLEMENTED]: 501,
  [grpcStatus.UNAVAILABLE]: 503,
  [grpcStatus.DEADLINE_EXCEEDED]: 504,
};

const UNREACHABLE_HINT = 'Start the agent with `ksmpilot run`, or look at why it stopped.';

/**
 * The agent puts its own code into the trailer `ksmpilot-code` and the cure after ` Hint: ` in the message. Without
 * them the gRPC status name is the code.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  if (!isServiceError(error)) {
    return refusal(500, 'INTERNAL', error instanceof Error ? error.message : String(error));
  }
  if (error.code === grpcStatus.UNAVAILABLE && trailer(error, 'ksmpilot-code') === undefined) {
    return refusal(503, 'AGENT_UNREACHABLE', `the agent does not answer: ${cause(error.details)}`, UNREACHABLE_HINT);
  }
  if (error.code === grpcStatus.UNIMPLEMENTED && trailer(error, 'ksmpilot-code') === undefined) {
    return refusal(501, 'AGENT_OUTDATED', 'this agent does not know the call', 'Upgrade ksmpilot on that host.');
  }
  const code = trailer(error, 'ksmpilot-code') ?? grpcStatus[error.code];
  const [message = '', ...rest] = withoutPrefix(error.details, code).split(' Hint: ');
  const hint = trailer(error, 'ksmpilot-hint') ?? (rest.length > 0 ? rest.join(' Hint: ') : null);
  return refusal(HTTP_OF[error.code] ?? 500, code, message, hint);
}

/** grpc-js wraps the system's error: `No connection established. Last error: Error: connect ECONNREFUSED ... Resolution note: `. */
function cause(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\.? Resolution note: .*$/, '');
}

function withoutPrefix(details: string, code: string): string {
  return details.startsWith(`${code}: `) ? details.slice(code.length + 2) : details;
}

function trailer(error: ServiceError, key: string): string | undefined {
  const value = error.metadata.get(key)[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'metadata' in error && 'code' in error;
}
