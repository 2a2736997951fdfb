import { status, type ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, KsmpilotError, type ErrorCode } from '../agent/errors.js';
import { CODE_KEY } from '../agent/rpc/status.js';

const START_HINT = 'Start an agent with `ksmpilot run` (as root), or name a running one with --address HOST:PORT.';

/** What a call to an agent ended with, as a catalogued error. @param target Where the agent was looked for. */
export function toKsmpilotError(error: ServiceError | null, target: string): KsmpilotError {
  if (error === null) return new KsmpilotError('INTERNAL', 'a call ended with neither an answer nor an error.');
  const [sent] = error.metadata.get(CODE_KEY);
  const code = sent?.toString();
  if (code !== undefined && isErrorCode(code)) return new KsmpilotError(code, ...splitDetails(error.details, code));
  switch (error.code) {
    case status.UNAVAILABLE:
      return new KsmpilotError('AGENT_UNREACHABLE', `no agent answers at ${target}.`, {
        hint: START_HINT,
        cause: error,
      });
    case status.DEADLINE_EXCEEDED:
      return new KsmpilotError('AGENT_UNREACHABLE', `the agent at ${target} did not answer in time.`, {
        hint: "Look at the agent's log, or whether another program listens there (`ss -ltnp`).",
        cause: error,
      });
    default:
      return new KsmpilotError(
        'AGENT_UNREACHABLE',
        `what answers at ${target} is no ksmpilot agent of this version: ${status[error.code]}: ${error.details}`,
        { hint: START_HINT, cause: error },
      );
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** `CODE: message Hint: cure`, as the services write it (formatError), taken apart. */
function splitDetails(details: string, code: string): [message: string, options: { hint?: string }] {
  const text = details.startsWith(`${code}: `) ? details.slice(code.length + 2) : details;
  const at = text.lastIndexOf(' Hint: ');
  return at < 0 ? [text, {}] : [text.slice(0, at), { hint: text.slice(at + ' Hint: '.length) }];
}
