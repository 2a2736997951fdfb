/** The history as long as its file is open: what is written, what waits to be written, and answers from both. */

import { KsmpilotError } from '../errors.js';
import type { AgentEvent } from '../model/event.js';
import type { EventAnswer, EventQuery, HistoryAnswer, HistoryQuery } from '../model/past.js';
import type { Row } from './codec.js';
import { readEvents, writeEvents } from './event-table.js';
import { GUEST_FIELDS, HOST_FIELDS } from './fields.js';
import { GuestNumbers } from './guest-numbers.js';
import { HistoryFile } from './history-file.js';
import { type Layout, makeLayout } from './layout.js';
import type { GuestName, SampleMessage, StoreSettings } from './messages.js';
import { pruneByAge, pruneBySize, pruneFuture } from './prune.js';
import { chooseResolution, firstOf, Points } from './query.js';
import { startOf } from './rollup.js';
import { RollupChain, type StoredMinutes } from './rollup-chain.js';
import type { SqlDatabase } from './sqlite.js';
import { type Tier, TIER_NAMES, TIERS } from './tiers.js';

/** Samples that wait while the disk is full: an hour at one a second. The oldest go first. */
const SAMPLES_WAITING_MAX = 3600;

const HOST_SERIES = 0;

const SAMPLES = makeLayout(HOST_FIELDS, false);
const HOST_ROLLED = makeLayout(HOST_FIELDS, true);
const GUEST_ROLLED = makeLayout(GUEST_FIELDS, true);

const LAYOUTS = {
  samples: SAMPLES,
  minutes: HOST_ROLLED,
  hours: HOST_ROLLED,
  guestMinutes: GUEST_ROLLED,
  guestHours: GUEST_ROLLED,
} as const;

/** One resolution of one series: what the file has of it, and what it does not. */
interface Source {
  readonly tier: Tier;
  readonly layout: Layout;
  readonly unwritten: readonly Row[];
}

export class OpenHistory {
  readonly file: HistoryFile;
  readonly #settings: StoreSettings;
  readonly #host: RollupChain;
  readonly #guests: RollupChain;
  readonly #numbers: GuestNumbers;
  #series: readonly number[] = [];
  /** Not in the file yet. */
  #samples: Row[] = [];
  #newestMs = 0;

  constructor(db: SqlDatabase, settings: StoreSettings) {
    this.file = new HistoryFile(db);
    this.#settings = settings;
    this.#host = new RollupChain(HOST_ROLLED, storedMinutes(this.file, TIERS.minutes, HOST_ROLLED));
    this.#guests = new RollupChain(GUEST_ROLLED, storedMinutes(this.file, TIERS.guestMinutes, GUEST_ROLLED));
    this.#numbers = new GuestNumbers(this.file);
  }

  /** Whose figures the next samples bring. */
  setGuests(names: readonly GuestName[]): void {
    this.#series = this.#numbers.of(names);
  }

  /** @param save writes what waits: where the file is read, it must have it */
  add({ timeMs, host, guests }: SampleMessage, save: () => void): void {
    this.#newestMs = timeMs;
    this.#host.advance(timeMs, save);
    this.#guests.advance(timeMs, save);
    this.#samples.push({ series: HOST_SERIES, timeMs, values: host });
    if (this.#samples.length > SAMPLES_WAITING_MAX) this.#samples.shift();
    this.#host.add(HOST_SERIES, host);
    this.#series.forEach((series, index) => {
      const at = index * GUEST_FIELDS.length;
      this.#guests.add(series, guests.subarray(at, at + GUEST_FIELDS.length));
    });
  }

  /** Writes all that waits, in one transaction. */
  write(events: readonly AgentEvent[]): void {
    const { file } = this;
    file.transaction(() => {
      this.#numbers.write(this.#newestMs);
      file.writeLoose(TIERS.samples, SAMPLES, this.#samples);
      file.writeLoose(TIERS.minutes, HOST_ROLLED, this.#host.minutes());
      file.writeLoose(TIERS.hours, HOST_ROLLED, this.#host.hours());
      file.writeLoose(TIERS.guestMinutes, GUEST_ROLLED, this.#guests.minutes());
      file.writeLoose(TIERS.guestHours, GUEST_ROLLED, this.#guests.hours());
      writeEvents(file, events);
    });
    this.#numbers.written(this.#newestMs);
    this.#samples = [];
    this.#host.written();
    this.#guests.written();
  }

  /** Puts together what is over; a bounded number of blocks at a time. */
  seal(): void {
    for (const name of TIER_NAMES) {
      const tier = TIERS[name];
      const chain = tier.of === 'host' ? this.#host : this.#guests;
      if (chain.minuteMs !== undefined) this.file.seal(tier, LAYOUTS[name], startOf(chain.minuteMs, tier.blockMs));
    }
  }

  /** @param mayForget the clock can be trusted to say what is old */
  prune(nowMs: number, mayForget: boolean): void {
    if (mayForget) {
      pruneByAge(this.file, nowMs, this.#settings.retention);
      pruneFuture(this.file, nowMs);
    }
    pruneBySize(this.file, this.#settings.maxBytes);
  }

  /** @throws KsmpilotError GUEST_ABSENT */
  history(query: HistoryQuery, nowMs: number, problem: string): HistoryAnswer {
    const series = query.guest === '' ? HOST_SERIES : this.#guestNamed(query.guest);
    const sources = this.#sources(series);
    const oldestOf = (source: Source | undefined): number | undefined =>
      source === undefined
        ? undefined
        : least(this.file.oldestMs(source.tier, source.layout, series), source.unwritten[0]?.timeMs);
    const oldest = {
      samples: oldestOf(sources.samples),
      minutes: oldestOf(sources.minutes),
      hours: oldestOf(sources.hours),
    };
    const oldestMs = firstOf(oldest);
    const toMs = query.toMs === 0 ? Math.max(nowMs, this.#newestMs) + 1 : query.toMs;
    const fromMs = Math.max(query.fromMs, oldestMs ?? toMs);
    const choice = chooseResolution({ fromMs, toMs, points: query.points }, oldest, this.#settings.intervalMs);
    const { tier, layout, unwritten } = sources[choice.tier] ?? sources.minutes;
    const areSamples = choice.isAsKept && choice.tier === 'samples';
    const points = new Points(layout, { fields: query.fields, stepMs: choice.isAsKept ? 0 : choice.stepMs });
    if (fromMs < toMs) {
      const start = areSamples ? fromMs : startOf(fromMs, choice.stepMs);
      this.file.eachRow(tier, layout, { series, fromMs: start, toMs, unwritten }, points.add);
    }
    return { resolutionMs: choice.stepMs, ...points.columns(!areSamples), oldestMs, problem };
  }

  /** @param waiting events that are not in the file, oldest first */
  events(query: EventQuery, waiting: readonly AgentEvent[]): EventAnswer {
    return readEvents(this.file, query, query.toMs === 0 ? Number.MAX_SAFE_INTEGER : query.toMs, waiting);
  }

  #guestNamed(guest: string): number {
    const series = this.#numbers.find(guest) ?? this.file.seriesNamed(guest);
    if (series !== undefined) return series;
    throw new KsmpilotError('GUEST_ABSENT', `the history has no guest "${guest}"`, {
      hint: '`ksmpilot guests --json` has the identity of each; machines that never offered memory have no history.',
    });
  }

  #sources(series: number): { readonly samples: Source | undefined; readonly minutes: Source; readonly hours: Source } {
    const isHost = series === HOST_SERIES;
    const chain = isHost ? this.#host : this.#guests;
    const layout = isHost ? HOST_ROLLED : GUEST_ROLLED;
    const ofIt = (rows: readonly Row[]): readonly Row[] => rows.filter((row) => row.series === series);
    return {
      samples: isHost ? { tier: TIERS.samples, layout: SAMPLES, unwritten: this.#samples } : undefined,
      minutes: { tier: isHost ? TIERS.minutes : TIERS.guestMinutes, layout, unwritten: ofIt(chain.minutes()) },
      hours: { tier: isHost ? TIERS.hours : TIERS.guestHours, layout, unwritten: ofIt(chain.hoursSoFar()) },
    };
  }
}

function storedMinutes(file: HistoryFile, tier: Tier, layout: Layout): StoredMinutes {
  return {
    readMinute: (startMs) => file.readLoose(tier, layout, { fromMs: startMs, toMs: startMs + 1 }),
    newestBefore: (timeMs) =>
      file.number('SELECT max(start_ms) FROM loose WHERE tier = ? AND start_ms < ?', tier.id, timeMs),
  };
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
