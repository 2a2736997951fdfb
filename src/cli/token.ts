import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { defaultTokenFile } from '../agent/access-control.js';
import { ROLES, type Role } from '../agent/auth/role.js';
import { changeTokenFile, readTokenFile } from '../agent/auth/token-file.js';
import { addToken, hasExpired, newToken, removeToken, type TokenEntry } from '../agent/auth/token-list.js';
import { readConfigFile, validateConfig } from '../agent/config.js';
import { defaultStateDir } from '../agent/state-dir.js';
import { formatTable } from './format-table.js';
import { processIo, writeJson, type Io } from './io.js';
import { DEFAULT_CONFIG_FILE } from './run-options.js';

interface FileFlags {
  readonly file?: string;
  readonly config?: string;
}

interface AddFlags extends FileFlags {
  readonly role: Role;
  readonly expires?: number;
  readonly json?: boolean;
}

interface ListFlags extends FileFlags {
  readonly json?: boolean;
}

/** `ksmpilot token add|list|revoke`: works on the file of tokens; a running agent notices at the next call. */
export function registerToken(program: Command, io: Io = processIo, nowMs: () => number = Date.now): void {
  const token = program
    .command('token')
    .description("who may call this host's agent from elsewhere: tokens and their roles");

  addFileOptions(token.command('add <name>'))
    .description('makes a token and prints it, once: what is kept is a hash')
    .addOption(
      new Option('--role <role>', 'view: whatever reads. tune: also what changes the host.')
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .option('--expires <time>', 'how long it is good: 30d, 12h or 90m (default: until it is revoked)', readLifetime)
    .option('--json', 'print one JSON object')
    .action((name: string, flags: AddFlags) => {
      const path = fileOf(flags);
      const made = newToken();
      const wanted = { name, role: flags.role, token: made, lifetimeMs: flags.expires };
      const entries = changeTokenFile(path, (before) => addToken(before, wanted, nowMs()));
      const expires = entries.find((entry) => entry.name === name)?.expires;
      if (flags.json === true) {
        writeJson(io, { name, role: flags.role, token: made, ...(expires === undefined ? {} : { expires }) });
        return;
      }
      io.stdout.write(`${made}\n`);
      const until = expires === undefined ? 'until it is revoked' : `until ${expires}`;
      io.stderr.write(`Token ${name}, role ${flags.role}, good ${until}. It is not shown again.\n`);
    });

  addFileOptions(token.command('list'))
    .description('names the tokens with their roles; none can be shown again')
    .option('--json', 'print JSON')
    .action((flags: ListFlags) => {
      const entries = readTokenFile(fileOf(flags));
      if (flags.json === true) {
        writeJson(io, { tokens: entries.map((entry) => shown(entry, nowMs())) });
      } else if (entries.length === 0) {
        io.stderr.write(`No tokens in ${fileOf(flags)}.\n`);
      } else {
        io.stdout.write(`${table(entries, nowMs()).join('\n')}\n`);
      }
    });

  addFileOptions(token.command('revoke <name>'))
    .description('ends a token; calls with it are refused from now on, and its streams end within seconds')
    .action((name: string, flags: FileFlags) => {
      changeTokenFile(fileOf(flags), (before) => removeToken(before, name));
      io.stderr.write(`Token ${name} is revoked.\n`);
    });
}

function addFileOptions(command: Command): Command {
  return command
    .option(
      '--file <file>',
      'file of the tokens (default: as the settings say, else /etc/ksmpilot/tokens.json for root)',
    )
    .option(
      '--config <file>',
      `settings of the agent, for auth.tokenFile (default: ${DEFAULT_CONFIG_FILE} if it exists)`,
    );
}

function fileOf({ file, config }: FileFlags): string {
  if (file !== undefined) return file;
  const settings = config ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const { auth, stateDir } = validateConfig(
    settings === undefined ? {} : readConfigFile(settings),
    settings ?? 'defaults',
  );
  return auth.tokenFile ?? defaultTokenFile(stateDir ?? defaultStateDir());
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Ten years: more is `until it is revoked`. */
const MAX_LIFETIME_MS = 3650 * 86_400_000;

/** @returns Milliseconds. @throws InvalidArgumentError */
function readLifetime(text: string): number {
  const match = /^(\d{1,5})([mhd])$/.exec(text);
  const lifetime = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? NaN);
  if (lifetime > 0 && lifetime <= MAX_LIFETIME_MS) return lifetime;
  throw new InvalidArgumentError('It must be minutes, hours or days up to 3650d: 90m, 12h, 30d.');
}

function shown(entry: TokenEntry, nowMs: number): Record<string, unknown> {
  const { name, role, created, expires } = entry;
  return { name, role, created, ...(expires === undefined ? {} : { expires }), expired: hasExpired(entry, nowMs) };
}

function table(entries: readonly TokenEntry[], nowMs: number): string[] {
  const day = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  const rows = entries.map((entry) => {
    const { expires } = entry;
    const end = expires === undefined ? 'never' : day(expires) + (hasExpired(entry, nowMs) ? ' (expired)' : '');
    return [entry.name, entry.role, day(entry.created), end];
  });
  return formatTable([{ head: 'NAME' }, { head: 'ROLE' }, { head: 'CREATED' }, { head: 'EXPIRES' }], rows);
}
