/** Asks for the past, and makes the report of it. */

import { KsmpilotError } from '../../agent/errors.js';
import { adviceFor } from './advice.js';
import type { ReportEvents, ReportGuest, ReportHost, ReportPast } from './past.js';
import {
  costOf,
  coursesOf,
  decisionsOf,
  GUEST_FIELDS,
  HOST_FIELDS,
  riskOf,
  savingOf,
  worthOf,
  type GuestFigures,
  type Price,
  type Report,
} from './report.js';
import { overcommitOf, roomFor } from './room.js';
import { Track } from './track.js';

/** As fine as the agent tells: sums are the truer for it. */
const HOST_POINTS = 5000;
const GUEST_POINTS = 300;
/** Guests whose past is read; each takes the agent's history thread some milliseconds. */
export const GUESTS_MAX = 1000;
/** Questions that wait at the agent at once. */
const AT_ONCE = 4;
/** Below this part of the span, what is missing is rounding. */
const ENOUGH = 0.98;

export interface ReportRequest {
  readonly madeMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly price: Price;
  /** Identity and name of the only guest wanted. */
  readonly guest: { readonly identity: string; readonly name: string } | null;
  /** Where the figures are from, a phrase. */
  readonly source: string;
  readonly host: ReportHost;
  /** Guests of now; of the span where the source is a file. */
  readonly guests: readonly ReportGuest[];
  /** Is `guests` all that were there in the span, also those that are gone? */
  readonly hasPastGuests: boolean;
}

export async function collectReport(past: ReportPast, request: ReportRequest): Promise<Report> {
  return request.guest === null ? hostReport(past, request) : guestReport(past, { ...request, guest: request.guest });
}

async function hostReport(past: ReportPast, request: ReportRequest): Promise<Report> {
  const { fromMs, toMs, host, price } = request;
  const answer = await past.history({ fromMs, toMs, points: HOST_POINTS, fields: HOST_FIELDS, guest: '' });
  const track = new Track(answer, request);
  const [events, { figures, left }] = [await past.events({ fromMs, toMs }), await guestFigures(past, request)];
  const saving = savingOf(track);
  const cost = costOf(track, 'host', { cores: agentCores(request), probeCores: host.probeCores });
  const worth = worthOf(saving, cost, price.gibPerCore);
  const risk = riskOf(track);
  const run = host.run ?? track.last('knobs.run');
  const memory = {
    ...host,
    memAvailableBytes: host.memAvailableBytes ?? track.last('mem_available_bytes'),
    savedBytes: saving.lastBytes,
  };
  const lowest = track.lowest('mem_available_bytes')?.value ?? memory.memAvailableBytes;
  const sizes = figures.map(({ mergeableBytes, averageBytes }) => ({ mergeableBytes, savedBytes: averageBytes }));
  return {
    ...shell(request, track),
    saving,
    cost,
    worth,
    guests: figures,
    overcommit: overcommitOf(memory, request.hasPastGuests ? [] : request.guests),
    room: roomFor({ ...memory, memAvailableBytes: lowest, savedBytes: saving.peakBytes }, sizes),
    risk,
    decisions: decisionsOf(events),
    advice: adviceFor({
      host: { ...host, run },
      present: request.guests,
      guests: figures,
      cost,
      worth,
      gibPerCore: price.gibPerCore,
      risk,
      stoppedShare: stoppedShare(track),
    }),
    courses: coursesOf(track, 'host'),
    gaps: hostGaps({ request, track, answer, events, left }),
  };
}

async function guestReport(
  past: ReportPast,
  request: ReportRequest & { readonly guest: NonNullable<ReportRequest['guest']> },
): Promise<Report> {
  const { fromMs, toMs, guest, price } = request;
  const query = { fromMs, toMs, points: HOST_POINTS, fields: GUEST_FIELDS, guest: guest.identity };
  const answer = await past.history(query);
  const track = new Track(answer, request);
  const saving = savingOf(track);
  const cost = costOf(track, 'guest');
  return {
    ...shell(request, track),
    saving,
    cost,
    worth: worthOf(saving, cost, price.gibPerCore),
    guests: null,
    overcommit: null,
    room: null,
    risk: null,
    decisions: null,
    advice: [],
    courses: coursesOf(track, 'guest'),
    gaps: commonGaps(request, track, answer),
  };
}

function shell(
  request: ReportRequest,
  track: Track,
): Pick<
  Report,
  | 'madeMs'
  | 'hostname'
  | 'kernel'
  | 'guest'
  | 'source'
  | 'fromMs'
  | 'toMs'
  | 'coveredSec'
  | 'resolutionMs'
  | 'price'
  | 'holes'
> {
  const { madeMs, host, guest, source, fromMs, toMs, price } = request;
  return {
    madeMs,
    hostname: host.hostname,
    kernel: host.kernel,
    guest,
    source,
    fromMs,
    toMs,
    coveredSec: track.coveredSec,
    resolutionMs: track.resolutionMs,
    price,
    holes: track.gaps(),
  };
}

/** Most worth first. @returns also how many guests were not asked for */
async function guestFigures(
  past: ReportPast,
  request: ReportRequest,
): Promise<{ readonly figures: GuestFigures[]; readonly left: number }> {
  const { fromMs, toMs, price } = request;
  const asked = request.guests
    .filter(({ mergeableBytes }) => mergeableBytes !== 0)
    .sort((a, b) => (b.mergeableBytes ?? 0) - (a.mergeableBytes ?? 0))
    .slice(0, GUESTS_MAX);
  const waiting = [...new Map(asked.map((guest) => [guest.identity, guest])).values()];
  const figures: GuestFigures[] = [];
  const work = async (): Promise<void> => {
    for (let guest = waiting.pop(); guest !== undefined; guest = waiting.pop()) {
      const query = { fromMs, toMs, points: GUEST_POINTS, fields: GUEST_FIELDS, guest: guest.identity };
      const answer = await past.history(query).catch(orNothing);
      if (answer === undefined) continue;
      const track = new Track(answer, request);
      if (track.knownSec('saved_bytes') === 0 && track.knownSec('mergeable_bytes') === 0) continue;
      const saving = savingOf(track);
      const cost = costOf(track, 'guest');
      figures.push({
        identity: guest.identity,
        name: guest.name,
        kind: guest.kind,
        merge: guest.merge,
        ...saving,
        ksmdCpuSec: cost.ksmdCpuSec,
        merges: cost.merges,
        cowBreaks: cost.cowBreaks,
        breaksPerMerge: cost.breaksPerMerge,
        netCoreHours: worthOf(saving, cost, price.gibPerCore).netCoreHours,
        mergeableBytes: track.average('mergeable_bytes') ?? guest.mergeableBytes,
        knownHours: track.knownSec('saved_bytes') / 3600,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const known = ({ netCoreHours }: GuestFigures): number => netCoreHours ?? -Infinity;
  figures.sort((a, b) => (known(a) === known(b) ? (a.identity < b.identity ? -1 : 1) : known(b) - known(a)));
  return { figures, left: Math.max(0, request.guests.length - GUESTS_MAX) };
}

/** A machine that never offered memory has no past. */
function orNothing(error: unknown): undefined {
  if (error instanceof KsmpilotError && error.code === 'GUEST_ABSENT') return undefined;
  throw error;
}

/** On average since its start; null: not known, or it has just begun. */
function agentCores({ host, madeMs }: ReportRequest): number | null {
  const { agentCpuSec, agentStartedMs } = host;
  if (agentCpuSec === null || agentStartedMs === null || madeMs - agentStartedMs < 1000) return null;
  return agentCpuSec / ((madeMs - agentStartedMs) / 1000);
}

function stoppedShare(track: Track): number | null {
  const known = track.knownSec('knobs.run');
  if (known === 0) return null;
  const run = track.values('knobs.run');
  return track.secondsWhere((index) => run[index] === 0) / known;
}

function hostGaps(facts: {
  readonly request: ReportRequest;
  readonly track: Track;
  readonly answer: { readonly oldestMs: number | undefined; readonly problem: string };
  readonly events: ReportEvents;
  readonly left: number;
}): string[] {
  const { request, track, answer, events, left } = facts;
  const { host, hasPastGuests } = request;
  const gaps = commonGaps(request, track, answer);
  if (track.average('merges_per_sec') === null) gaps.push('Merges were not counted: the scanner probe did not run.');
  if (events.more) gaps.push('There were more events than are told here: those are the newest.');
  if (hasPastGuests) gaps.push('No agent was asked: what the host is now, its mode and its problems are not known.');
  else gaps.push('Guests that have ended are not ranked; with --file their past is.');
  if (left > 0) gaps.push(`${left} guests that offer least memory are not ranked.`);
  if (!hasPastGuests && host.agentCpuSec === null) gaps.push('The agent does not tell its own CPU.');
  if (host.probeCores === null) gaps.push("The CPU of the agent's bpftrace is not known.");
  if (!hasPastGuests && request.guests.every(({ promisedBytes }) => promisedBytes === null)) {
    gaps.push(
      'What was promised to machines is read from the command lines of QEMU on this host: there is none to read.',
    );
  }
  return gaps;
}

function commonGaps(
  { fromMs, toMs }: ReportRequest,
  track: Track,
  { oldestMs, problem }: { readonly oldestMs: number | undefined; readonly problem: string },
): string[] {
  const gaps: string[] = [];
  const spanSec = (toMs - fromMs) / 1000;
  if (track.timesMs.length === 0) gaps.push('Nothing is kept of this time.');
  else if (oldestMs !== undefined && oldestMs - fromMs > 1000 * spanSec * (1 - ENOUGH)) {
    gaps.push(`The history begins at ${new Date(oldestMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.`);
  }
  for (const [field, what] of [
    ['saved_bytes', 'What is saved'],
    ['ksmd_cpu_pct', "ksmd's CPU"],
    ['ksmd_cores', "The guest's part of ksmd's CPU"],
  ] as const) {
    const known = track.knownSec(field);
    if (known > 0 && known < ENOUGH * track.coveredSec) {
      gaps.push(
        `${what} was known for ${Math.round((100 * known) / track.coveredSec)} % of the sampled time; sums are of that.`,
      );
    }
  }
  if (problem !== '') gaps.push(problem);
  return gaps;
}
