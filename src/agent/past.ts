import type { Config } from './config.js';
import type { EventLog } from './event-log.js';
import { HistoryThread } from './history-store/history-thread.js';
import { JobQueue } from './jobs/queue.js';
import type { Log } from './log.js';
import type { Point } from './model/derived.js';
import type { GuestTable } from './model/guest.js';
import type { Problem } from './model/host.js';
import type { EventAnswer, EventQuery, HistoryAnswer, HistoryQuery } from './model/past.js';
import type { PastCalls } from './rpc/port.js';

/**
 * One question at a time, so that samples come in between: whoever asks in crowds, as everybody on the host may, must not
 * cost the host its history. A page asks some ten at once. The thread answers or gives up within 20 s.
 */
const QUESTIONS = { running: 1, waiting: 64, limitMs: 25_000 };

const NEVER = new AbortController().signal;

/** The past of this host as far as it is kept: on disk, and what of the events is in memory where it is not. */
export class Past implements PastCalls {
  readonly #events: EventLog;
  readonly #thread: HistoryThread;
  readonly #isKept: boolean;
  readonly #questions = new JobQueue(QUESTIONS);

  constructor(options: {
    readonly config: Pick<Config, 'history' | 'stateDir' | 'intervalMs'>;
    readonly events: EventLog;
    readonly log: Log;
    /** The built program of the thread; tests give their own. */
    readonly program?: string;
  }) {
    this.#events = options.events;
    this.#isKept = options.config.history.enabled;
    this.#thread = new HistoryThread(options);
  }

  get problems(): readonly Problem[] {
    return this.#thread.problems;
  }

  /** Never rejects: what is wrong is told by `problems`. */
  async start(): Promise<void> {
    if (this.#isKept) this.#events.listen((event) => this.#thread.addEvent(event));
    await this.#thread.start();
  }

  /** @param guests the newest table */
  add(point: Point, guests: GuestTable | undefined): void {
    this.#thread.add(point, guests);
  }

  stop(): Promise<void> {
    return this.#thread.stop();
  }

  /** Rejects with HISTORY_UNAVAILABLE, GUEST_ABSENT, WORK_EXHAUSTED; with its reason when the signal is aborted. */
  history(query: HistoryQuery, signal = NEVER): Promise<HistoryAnswer> {
    return this.#questions.run(`history ${JSON.stringify(query)}`, signal, () => this.#thread.history(query));
  }

  /** Likewise; what is in memory is told at once. */
  events(query: EventQuery, signal = NEVER): Promise<EventAnswer> {
    return this.#isKept && this.#thread.isRunning
      ? this.#questions.run(`events ${JSON.stringify(query)}`, signal, () => this.#thread.events(query))
      : Promise.resolve(this.#remembered(query));
  }

  #remembered({ fromMs, toMs, kinds, limit }: EventQuery): EventAnswer {
    const events = this.#events
      .since(fromMs)
      .filter(({ timeMs, kind }) => (toMs === 0 || timeMs < toMs) && (kinds.length === 0 || kinds.includes(kind)));
    return { events: events.slice(-limit), more: events.length > limit };
  }
}
