import { connect as connectTls } from 'node:tls';
import { status, type ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, KsmpilotError, type ErrorCode } from '../agent/errors.js';
import { parseAddress } from '../agent/rpc/address.js';
import { CODE_KEY } from '../agent/rpc/status.js';

const START_HINT = 'Start an agent with `ksmpilot run` (as root), or name a running one with --agent HOST:PORT.';

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

/** What may help where a connection was not made, or the agent wants to know who calls. */
export interface Attempt {
  readonly target: string;
  /** TLS was spoken. */
  readonly secure: boolean;
}

/**
 * Says more about a failure where it lies in how the agent was spoken to: a certificate that does not serve, TLS on one
 * side only, no token for a host that wants one.
 */
export async function explain(
  known: KsmpilotError,
  error: ServiceError | null,
  { target, secure }: Attempt,
): Promise<KsmpilotError> {
  const cause = error ?? undefined;
  if (known.code === 'TOKEN_MISSING' && secure) {
    return new KsmpilotError('TOKEN_MISSING', known.message, {
      hint: 'Give a token with --token-file FILE (`ksmpilot token add` on that host makes one), or a certificate with --tls-cert and --tls-key.',
      cause,
    });
  }
  if (known.code !== 'AGENT_UNREACHABLE' || error === null) return known;
  if (secure) {
    const refused = tlsRefusal(error.details);
    if (refused !== undefined) {
      const [why, hint] = refused;
      return new KsmpilotError('TLS_REFUSED', `${target} is not spoken to: ${why}.`, { hint, cause });
    }
    return known.hint === START_HINT
      ? new KsmpilotError(known.code, known.message, {
          hint: 'Is it running there, and does a firewall let you through?',
          cause,
        })
      : known;
  }
  if (target.startsWith('unix:') || !(await speaksTls(target))) return known;
  return new KsmpilotError('TLS_REFUSED', `${target} speaks TLS, and was spoken to in plain text.`, {
    hint: "Give --tls-ca FILE, with --tls-name NAME where the agent's certificate is for another name.",
    cause,
  });
}

/** Parts of the messages of OpenSSL and Node, what they mean, and the cure. */
const TLS_REFUSALS: readonly (readonly [part: RegExp, why: string, hint: string])[] = [
  [
    /certificate has expired/i,
    'its certificate has expired',
    'Renew it on that host; the agent takes the new files by itself.',
  ],
  [/certificate is not yet valid/i, 'its certificate is not valid yet', 'Compare the clocks of both hosts.'],
  [
    /does not match certificate's altnames: (.*)/i,
    'its certificate is for another name',
    'Use a name of the certificate in --agent, or give --tls-name NAME.',
  ],
  [
    /self[- ]signed|unable to (?:verify|get)|unknown ca/i,
    'nobody trusted here has signed its certificate',
    'Give the certificate of the authority, or the self-signed one itself, with --tls-ca FILE.',
  ],
  [
    /wrong version number|packet length too long|http request/i,
    'it does not speak TLS',
    'Leave the --tls flags out where the agent is on this host or behind `ssh -L`; else set grpc.tls there.',
  ],
  [
    /alert (?:bad certificate|certificate|unknown ca)|alert number 4[2-9]/i,
    'it does not take the certificate of --tls-cert',
    'Ask which authority its setting grpc.tls.clientCa names.',
  ],
];

function tlsRefusal(details: string): readonly [why: string, hint: string] | undefined {
  for (const [part, why, hint] of TLS_REFUSALS) {
    const match = part.exec(details);
    if (match === null) continue;
    const names = match[1]?.replace(/\.? Resolution note:.*$/, '');
    return [names === undefined ? why : `${why} (${names})`, hint];
  }
  return undefined;
}

const PROBE_MS = 1000;

/** Does a TLS handshake begin there? Whose certificate it is does not matter: nothing is sent. */
function speaksTls(target: string): Promise<boolean> {
  const { host, port } = parseAddress(target);
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, end(false));
    socket.once('secureConnect', end(true));
    socket.once('error', end(false));
  });
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
