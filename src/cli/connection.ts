/** Where an agent is looked for, and how it is spoken to. */

import { accessSync, constants, readFileSync } from 'node:fs';
import { credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { secureChannel } from '../../web/gateway/secure-channel.js';
import { errnoOf, KsmpilotError } from '../agent/errors.js';
import { formatAddress, isLoopback, parseAddress } from '../agent/rpc/address.js';
import { socketIn } from '../agent/rpc/unix-socket.js';
import { defaultStateDir } from '../agent/state-dir.js';
import { readToken } from '../agent/token.js';

/** Where an agent listens unless its settings say otherwise. */
export const DEFAULT_ADDRESS = '127.0.0.1:50576';

export interface AgentFlags {
  readonly address?: string | undefined;
  /** The same as `address`, which it goes before. */
  readonly agent?: string | undefined;
  readonly stateDir?: string | undefined;
  /** Paths of PEM files. */
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Name that the agent's certificate must have, where it is not the host of the address. */
  readonly tlsName?: string | undefined;
  /** Path of a file that holds a token. */
  readonly tokenFile?: string | undefined;
}

export function addAgentOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--agent <host:port>',
        `the agent's gRPC address (default: its Unix socket if this user may use it, else ${DEFAULT_ADDRESS}); TLS unless it is on this host`,
      )
        .argParser(checkAddress)
        .env('KSMPILOT_AGENT'),
    )
    .addOption(new Option('--address <host:port>', 'the same as --agent').argParser(checkAddress).hideHelp())
    .option('--state-dir <dir>', "the agent's state folder, with its socket and token")
    .addOption(
      new Option('--tls-ca <file>', "PEM: who signed the agent's certificate (default: the usual authorities)").env(
        'KSMPILOT_TLS_CA',
      ),
    )
    .addOption(new Option('--tls-cert <file>', 'PEM: certificate of this client').env('KSMPILOT_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', 'PEM: its key').env('KSMPILOT_TLS_KEY'))
    .addOption(
      new Option('--tls-name <name>', "name in the agent's certificate, where it is not the host of --agent").env(
        'KSMPILOT_TLS_NAME',
      ),
    )
    .addOption(
      new Option(
        '--token-file <file>',
        "file with a token of `ksmpilot token add` (default on the agent's host: the token in its state folder)",
      ).env('KSMPILOT_TOKEN_FILE'),
    );
}

function checkAddress(text: string): string {
  if (text.startsWith('unix:/')) return text;
  try {
    return formatAddress(parseAddress(text));
  } catch {
    throw new InvalidArgumentError('It must be HOST:PORT, [V6]:PORT or unix:/PATH.');
  }
}

/** Did the user say which agent he means? Then another, or none, does not do instead. */
export function namesAgent({ address, agent }: AgentFlags): boolean {
  return (address ?? agent) !== undefined;
}

/** The gRPC target for the flags: what --agent says; the Unix socket where this user may use it; loopback. */
export function chooseTarget({ address, agent, stateDir }: AgentFlags): string {
  const said = address ?? agent;
  if (said !== undefined) return said;
  const socket = socketIn(stateDir ?? defaultStateDir());
  // Who names a folder means that agent, not whichever listens on the usual port.
  if (stateDir !== undefined) return `unix:${socket}`;
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return `unix:${socket}`;
  } catch {
    return DEFAULT_ADDRESS;
  }
}

/** Is the target on this host? Then nobody can listen in, and the token in the state folder is meant for it. */
export function isLocal(target: string): boolean {
  return target.startsWith('unix:') || isLoopback(parseAddress(target).host);
}

export interface Channel {
  readonly target: string;
  readonly secure: boolean;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/**
 * TLS to other hosts, always; on this host plain text unless a flag speaks of TLS, as through `ssh -L` to a TLS port.
 *
 * @throws KsmpilotError TLS_FILES_INVALID, CONFIG_INVALID
 */
export function openChannel(flags: AgentFlags): Channel {
  const target = chooseTarget(flags);
  const { tlsCa, tlsCert, tlsKey, tlsName } = flags;
  const wantsTls = [tlsCa, tlsCert, tlsKey, tlsName].some((flag) => flag !== undefined);
  if (target.startsWith('unix:') || (isLocal(target) && !wantsTls)) {
    return { target, secure: false, credentials: credentials.createInsecure(), options: {} };
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new KsmpilotError('CONFIG_INVALID', '--tls-cert and --tls-key go together: one is missing.', {
      hint: 'Give both, or neither and a token with --token-file.',
    });
  }
  const tls = { ca: readPem(tlsCa), cert: readPem(tlsCert), key: readPem(tlsKey), name: tlsName };
  try {
    return { target, secure: true, ...secureChannel(target, tls) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KsmpilotError(
      'TLS_FILES_INVALID',
      `the files of --tls-ca, --tls-cert and --tls-key cannot be used: ${why}.`,
      {
        hint: 'Give PEM files, and the key that belongs to the certificate, not encrypted.',
        cause,
      },
    );
  }
}

/**
 * The token for a call; undefined: none is known, and the agent may not ask for one.
 *
 * The token in the state folder is that of an agent on this host: it goes to no other.
 *
 * @param need True for calls that change the host, which always need one.
 * @throws KsmpilotError TOKEN_MISSING
 */
export function tokenFor(
  flags: AgentFlags,
  { need, target }: { readonly need: boolean; readonly target: string },
): string | undefined {
  if (flags.tokenFile !== undefined) return readTokenText(flags.tokenFile);
  if (flags.tlsCert !== undefined || !isLocal(target)) return undefined;
  return need ? readToken(flags.stateDir ?? defaultStateDir()) : undefined;
}

function readTokenText(path: string): string {
  const hint = 'Give the file in which you put what `ksmpilot token add` printed.';
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const why = errnoOf(cause) ?? String(cause);
    throw new KsmpilotError('TOKEN_MISSING', `reading the token file ${path} failed with ${why}.`, { hint, cause });
  }
  if (/^[\x21-\x7e]{1,512}$/.test(text)) return text;
  throw new KsmpilotError('TOKEN_MISSING', `${path} holds no token.`, { hint });
}

function readPem(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = errnoOf(cause) ?? String(cause);
    throw new KsmpilotError('TLS_FILES_INVALID', `reading ${path} failed with ${why}.`, {
      hint: 'Give a PEM file that this user may read.',
      cause,
    });
  }
}
