import { readFileSync, statSync } from 'node:fs';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { DEFAULT_TUNER_SETTINGS as TUNER, SETTING_RANGES } from '../tuner/settings.js';
import { errnoOf, KsmpilotError } from './errors.js';
import { guestsSection } from './guests-config.js';

/** `HOST:PORT`; port 0 asks the system for a free one. */
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'must be HOST:PORT');

const path = z.string().min(1);

/** @param whose For the descriptions. */
function tls(whose: string): z.ZodObject<{ certificate: z.ZodString; key: z.ZodString }, z.core.$strict> {
  return z.strictObject({
    certificate: path.describe(`PEM file: certificate, and those between it and the root, of ${whose}.`),
    key: path.describe('PEM file: its key, not encrypted. Both files are read anew when they change.'),
  });
}

/** A setting of the tuner, whose range and default src/tuner keeps. */
function tunerNumber(name: keyof typeof SETTING_RANGES): z.ZodDefault<z.ZodNumber> {
  const { min, max } = SETTING_RANGES[name];
  return z.number().min(min).max(max).default(TUNER[name]);
}

/**
 * The settings of an agent: the one home of keys, ranges, defaults and their descriptions. docs/config.md is generated
 * from it by scripts/docs.mjs.
 */
export const configSchema = z
  .strictObject({
    mode: z
      .enum(['observe', 'advise', 'auto'])
      .default('observe')
      .describe('observe: no policy. advise: policy, no writes. auto: policy with writes.'),
    intervalMs: z
      .number()
      .int()
      .min(200)
      .max(60_000)
      .default(1000)
      .describe('Time between two samples, milliseconds (200 to 60000).'),
    historySec: z
      .number()
      .int()
      .min(60)
      .max(86_400)
      .default(3600)
      .describe('How far back the in-memory history reaches, seconds (60 to 86400).'),
    stateDir: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Folder for token, lock and socket (for root the baseline is always in /run/ksmpilot). Default: /run/ksmpilot for root, else a private folder.',
      ),
    grpc: z
      .strictObject({
        address: address.default('127.0.0.1:50576').describe('Address of the gRPC services.'),
        tls: tls('the gRPC services. Then the address may be other than loopback, and reading needs the role view')
          .extend({
            clientCa: path
              .optional()
              .describe(
                'PEM file: authorities whose client certificates are taken; auth.certificates gives these roles.',
              ),
          })
          .optional(),
        limits: z
          .strictObject({
            callsPerSec: z
              .number()
              .min(1)
              .max(10_000)
              .default(50)
              .describe(
                'Calls a second that one other machine may make, with four times as many at once (1 to 10000).',
              ),
            streams: z
              .number()
              .int()
              .min(1)
              .max(4096)
              .default(64)
              .describe('Streams open at once, over all clients (1 to 4096).'),
            streamsPerMachine: z
              .number()
              .int()
              .min(1)
              .max(4096)
              .default(32)
              .describe('Streams that one other machine may have open (1 to 4096).'),
            connections: z
              .number()
              .int()
              .min(4)
              .max(4096)
              .default(256)
              .describe('Connections open at once, for the address and for the Unix socket each (4 to 4096).'),
            connectionsPerMachine: z
              .number()
              .int()
              .min(1)
              .max(4096)
              .default(32)
              .describe('Connections that one other machine may have open (1 to 4096).'),
          })
          .prefault({}),
        socket: z.boolean().default(true).describe('Also serve on a root-only Unix socket in the state folder.'),
        groupSocket: z
          .string()
          .startsWith('/', 'must be an absolute path')
          .optional()
          .describe(
            'Also serve on this Unix socket, for a page that runs as another user (ksmpilot-web.service): the group of its folder may connect. Changing calls need the token there too.',
          ),
      })
      .prefault({}),
    http: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Serve the page.'),
        address: address.default('127.0.0.1:8576').describe('Address of the page.'),
        tls: tls('the page. Then the address may be other than loopback, and whoever looks must sign in')
          .extend({
            hsts: z
              .boolean()
              .default(false)
              .describe(
                'Tell browsers to use HTTPS only, for this host name on every port: not where another program of this host serves plain HTTP.',
              ),
          })
          .optional(),
      })
      .prefault({}),
    auth: z
      .strictObject({
        tokenFile: path
          .optional()
          .describe(
            'File of the tokens that `ksmpilot token` makes. Default: /etc/ksmpilot/tokens.json for root, else tokens.json in the state folder.',
          ),
        certificates: z
          .array(
            z.strictObject({
              match: z
                .string()
                .regex(
                  /^(CN=|DNS:|URI:|email:|IP:|sha256:)./,
                  'must begin with CN=, DNS:, URI:, email:, IP: or sha256:',
                ),
              role: z.enum(['view', 'tune']),
            }),
          )
          .max(256)
          .default([])
          .describe(
            'Roles of client certificates (grpc.tls.clientCa): a list of {match, role}. match is a whole name: CN=ops, DNS:..., URI:..., email:..., IP:... or sha256:FINGERPRINT; role is view or tune.',
          ),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least severity logged.'),
        format: z
          .enum(['auto', 'json', 'text'])
          .default('auto')
          .describe('auto: text on a terminal, else one JSON object a line. Logs go to stderr.'),
      })
      .prefault({}),
    tuner: z
      .strictObject({
        gibPerCore: tunerNumber('gibPerCore').describe(
          'Price: GiB of memory, held for an hour, worth one CPU core for an hour (0.1 to 1024).',
        ),
        maxCpuPct: tunerNumber('maxCpuPct').describe('Most that ksmd may use, per cent of one core (1 to 100).'),
        minFullScanSec: tunerNumber('minFullScanSec').describe(
          'Shortest full scan worth aiming at, seconds (0.1 to 3600).',
        ),
        maxFullScanSec: tunerNumber('maxFullScanSec').describe(
          'Longest time between two rounds that pay, seconds (1 to 86400).',
        ),
        mayStart: z
          .boolean()
          .default(TUNER.mayStart)
          .describe(
            'May auto mode switch run from 0 to 1? Merging lets one tenant learn by write timing whether another holds a page.',
          ),
        mayStop: z
          .boolean()
          .default(TUNER.mayStop)
          .describe(
            'May auto mode switch run from 1 to 0 between rounds of scanning? Merged memory stays merged. Not without mayStart.',
          ),
        smartScan: z
          .boolean()
          .default(TUNER.smartScan)
          .describe(
            'May auto mode hold smart_scan at 0 for the two full scans of a round, where it is 1? See docs/smart-scan.md.',
          ),
      })
      .refine((t) => t.minFullScanSec <= t.maxFullScanSec, {
        message: 'must not be above maxFullScanSec',
        path: ['minFullScanSec'],
      })
      .prefault({}),
    history: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Keep the past of host and guests on disk (docs/history.md).'),
        dir: path
          .optional()
          .describe(
            'Folder of its file. Default: history in stateDir where that is set; else /var/lib/ksmpilot for root, ksmpilot in $XDG_STATE_HOME for others.',
          ),
        maxMb: z.number().int().min(32).max(65_536).default(512).describe('Room on the disk, MiB (32 to 65536).'),
        rawHours: z.number().min(1).max(168).default(6).describe('How long every sample is kept, hours (1 to 168).'),
        minuteDays: z.number().min(1).max(400).default(35).describe('How long minutes are kept, days (1 to 400).'),
        hourDays: z.number().min(1).max(3650).default(1095).describe('How long hours are kept, days (1 to 3650).'),
      })
      .prefault({}),
    guests: guestsSection,
    sideChannel: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe(
            'Watch for guests that read others by write timing, where every COW break is seen: fentry and kprobe, or probes.exact (docs/side-channel.md).',
          ),
      })
      .prefault({}),
    probes: z
      .strictObject({
        enabled: z.boolean().default(true).describe('Run the BPF programs.'),
        exact: z
          .boolean()
          .default(false)
          .describe(
            'Keep programs that tax every page fault attached all the time, so that each COW break is counted. Else they run in short windows and the figures are scaled to the exact total.',
          ),
        bpftrace: z.string().min(1).default('bpftrace').describe('The bpftrace binary, a name on PATH or a path.'),
        mapKeys: z
          .number()
          .int()
          .min(1024)
          .max(1_048_576)
          .default(16_384)
          .describe('Entries a BPF map may hold (1024 to 1048576).'),
      })
      .prefault({}),
  })
  .refine((c) => c.grpc.tls === undefined || c.grpc.socket || !c.http.enabled, {
    message: 'must be true with grpc.tls and http.enabled: the page reaches the agent through it',
    path: ['grpc', 'socket'],
  });

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;

/** Checks a whole configuration. Throws CONFIG_INVALID naming every key that is wrong. */
export function validateConfig(input: unknown, source: string): Config {
  const result = configSchema.safeParse(input ?? {});
  if (result.success) return result.data;
  throw new KsmpilotError('CONFIG_INVALID', `${source}: ${result.error.issues.map(describeIssue).join('; ')}.`, {
    hint: 'docs/config.md lists every key with its range.',
  });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const prefix = key === '' ? '' : `${key}.`;
    return `unknown key ${issue.keys.map((k) => `${prefix}${k}`).join(', ')}`;
  }
  return `${key === '' ? 'the configuration' : key}: ${issue.message}`;
}

/** A thousand times what all keys take: what is larger is another file. */
const MAX_CONFIG_BYTES = 2 ** 20;

/** Parses a configuration file. Throws CONFIG_UNREADABLE with the cause, or CONFIG_INVALID where it is not a mapping. */
export function readConfigFile(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isFIFO()) throw new Error('it is no file');
    if (stats.size > MAX_CONFIG_BYTES) throw new Error(`it has ${stats.size} bytes, more than ${MAX_CONFIG_BYTES}`);
    // Its warnings, of things that we do not use, would go to stderr past the log.
    parsed = parseYaml(readFileSync(path, 'utf8'), { logLevel: 'error' });
  } catch (error) {
    // The parser's errors have a code too, and their message says the line.
    const errno = error instanceof YAMLParseError ? undefined : errnoOf(error);
    const why = errno ?? (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    throw new KsmpilotError('CONFIG_UNREADABLE', `cannot read ${path}: ${why}`, {
      hint: 'give a readable YAML file with --config.',
      cause: error,
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new KsmpilotError('CONFIG_INVALID', `${path}: the file must hold keys and values.`, {
      hint: 'docs/config.md has an example.',
    });
  }
  return parsed as Record<string, unknown>;
}

/** Lays flags (undefined: not given) over a file's settings, section by section. */
export function mergeConfig(file: Record<string, unknown>, flags: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...file };
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const under = merged[key];
    merged[key] =
      isSection(value) && (under === undefined || isSection(under)) ? mergeConfig(under ?? {}, value) : value;
  }
  return merged;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
