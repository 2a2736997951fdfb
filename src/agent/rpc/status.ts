import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { formatError, KsmpilotError, type ErrorCode } from '../errors.js';

/** Trailing metadata of a refused call: the stable code of docs/errors.md, and the cure where there is one. */
export const CODE_KEY = 'ksmpilot-code';
export const HINT_KEY = 'ksmpilot-hint';

/** Where a code is more than "this host or its state says no". */
const GRPC_STATUS: Partial<Record<ErrorCode, status>> = {
  CONFIG_INVALID: status.INVALID_ARGUMENT,
  REQUEST_INVALID: status.INVALID_ARGUMENT,
  TOKEN_MISSING: status.UNAUTHENTICATED,
  NOT_ROOT: status.PERMISSION_DENIED,
  ROLE_MISSING: status.PERMISSION_DENIED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  STREAMS_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  WORK_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  WORK_TOO_LONG: status.DEADLINE_EXCEEDED,
  GUEST_ABSENT: status.NOT_FOUND,
  PROCESS_ABSENT: status.NOT_FOUND,
  AGENT_STOPPING: status.UNAVAILABLE,
  HISTORY_UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** A catalogued error as a gRPC status: code, message and hint in the text, code and hint once more in the trailers. */
export function toServiceError(error: KsmpilotError): ServiceError {
  const metadata = new Metadata();
  metadata.set(CODE_KEY, error.code);
  if (error.hint !== undefined) metadata.set(HINT_KEY, toHeaderText(error.hint));
  const code = GRPC_STATUS[error.code] ?? status.FAILED_PRECONDITION;
  return Object.assign(new Error(error.message), { code, details: wellFormed(formatError(error)), metadata });
}

/**
 * Anything thrown by a handler as a catalogued error. What is not catalogued is a defect: its text stays in the log, for
 * it may hold what is not for every client.
 */
export function toCatalogued(error: unknown): KsmpilotError {
  if (error instanceof KsmpilotError) return error;
  return new KsmpilotError('INTERNAL', 'the agent failed to answer; its log says why.', { cause: error });
}

/** A cut through a character leaves half of a pair, on which grpc-js throws when it encodes the text. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** HTTP/2 header values hold printable ASCII only. */
function toHeaderText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ');
}
