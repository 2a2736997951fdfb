import { pino } from 'pino';
import type { Config } from './config.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log of the agent; the message says what, the fields hold the figures. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Logs to stderr: one JSON object a line, or text for people. */
export function createLog(options: Config['log'], stderr: NodeJS.WriteStream = process.stderr): Log {
  const asText = options.format === 'text' || (options.format === 'auto' && stderr.isTTY);
  const destination = asText ? { write: (line: string) => stderr.write(toText(line)) } : stderr;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      logger[level](fields, message);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** `12:00:01 warn  message key=value`, from pino's JSON line. */
export function toText(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const fields = Object.entries(rest)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return `${clock} ${String(level).padEnd(5)} ${String(msg)}${fields}\n`;
}

/** For tests and for callers that have nowhere to log to. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
