/**
 * What a service manager is told (sd_notify(3)): that the agent is ready, what it does, that it lives, that it stops.
 * systemd kills a service whose sign of life is overdue (WatchdogSec=), and ExecStopPost= then puts the knobs back.
 */

import type { Log } from './log.js';
import type { SendDatagram } from './sd-notify-socket.js';

/** Tells nobody where no manager listens. No method throws: a manager that cannot be told is no reason to stop. */
export interface ServiceNotifier {
  /** Samples flow and the services listen. */
  ready(): void;
  /** A sign of life, for each sample; `status` gives one line for `systemctl status`. Sent as often as it matters. */
  alive(status: () => string): void;
  stopping(): void;
}

export interface NotifierOptions {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Time between two signs of life, milliseconds. */
  readonly intervalMs: number;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: () => number;
  readonly log: Log;
  /** Opens the socket; may reject. By default through koffi. */
  readonly open?: (address: string) => Promise<SendDatagram>;
}

/** systemd advises half of the limit; a quarter bears a lost datagram and a late tick. */
const SIGNS_PER_LIMIT = 4;
/** The watchdog must not bite an agent that samples slowly: the limit is at least so many intervals. */
const INTERVALS_PER_LIMIT = 3;
/** `systemctl status` is read by people. */
const STATUS_EVERY_MS = 10_000;

const SILENT: ServiceNotifier = { ready: () => undefined, alive: () => undefined, stopping: () => undefined };

/** Never rejects: where the socket cannot be opened the log says so, and the notifier is silent. */
export async function createNotifier(options: NotifierOptions): Promise<ServiceNotifier> {
  const { env, log, open = openThroughKoffi } = options;
  const address = env['NOTIFY_SOCKET'];
  if (address === undefined || address === '') return SILENT;
  try {
    return new SocketNotifier(options, await open(address));
  } catch (error) {
    log.warn('systemd cannot be told that the agent is ready', { address, error: String(error) });
    return SILENT;
  }
}

async function openThroughKoffi(address: string): Promise<SendDatagram> {
  const { openNotifySocket } = await import('./sd-notify-socket.js');
  return openNotifySocket(address);
}

class SocketNotifier implements ServiceNotifier {
  readonly #options: NotifierOptions;
  readonly #send: SendDatagram;
  /** Milliseconds without a sign of life after which systemd acts; undefined: no watchdog. */
  readonly #limitMs: number | undefined;
  readonly #limitRaised: boolean;
  #aliveAt = -Infinity;
  #statusAt = -Infinity;
  #status = '';
  #ready = false;
  #failing = false;

  constructor(options: NotifierOptions, send: SendDatagram) {
    this.#options = options;
    this.#send = send;
    const asked = watchdogMs(options);
    const least = options.intervalMs * INTERVALS_PER_LIMIT;
    this.#limitMs = asked === undefined ? undefined : Math.max(asked, least);
    this.#limitRaised = asked !== undefined && asked < least;
  }

  ready(): void {
    this.#ready = true;
    const limit = this.#limitRaised && this.#limitMs !== undefined ? [`WATCHDOG_USEC=${this.#limitMs * 1000}`] : [];
    this.#tell('READY=1', ...limit);
  }

  alive(status: () => string): void {
    if (!this.#ready) return;
    const now = this.#options.monoMs();
    const lines: string[] = [];
    if (this.#limitMs !== undefined && now - this.#aliveAt >= this.#limitMs / SIGNS_PER_LIMIT) {
      this.#aliveAt = now;
      lines.push('WATCHDOG=1');
    }
    if (now - this.#statusAt >= STATUS_EVERY_MS) {
      this.#statusAt = now;
      const line = status().replaceAll('\n', ' ');
      if (line !== this.#status) lines.push(`STATUS=${line}`);
      this.#status = line;
    }
    if (lines.length > 0) this.#tell(...lines);
  }

  stopping(): void {
    if (this.#ready) this.#tell('STOPPING=1', 'STATUS=putting the knobs back');
    this.#ready = false;
  }

  /** One datagram. A failure is logged when it begins; the next sign of life tries again. */
  #tell(...lines: readonly string[]): void {
    try {
      this.#send(lines.join('\n'));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.log.warn('systemd cannot be told', { lines, error: String(error) });
      this.#failing = true;
    }
  }
}

/** As sd_watchdog_enabled(3): the limit counts only for the process that it is meant for. */
function watchdogMs({ env, pid }: NotifierOptions): number | undefined {
  const usec = Number(env['WATCHDOG_USEC']);
  const meant = env['WATCHDOG_PID'];
  if (!Number.isSafeInteger(usec) || usec <= 0) return undefined;
  return meant === undefined || meant === '' || Number(meant) === pid ? usec / 1000 : undefined;
}
