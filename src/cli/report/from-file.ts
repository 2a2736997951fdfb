/** The past of a host whose agent does not run: straight from the file of its history, which is never written. */

import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { validateConfig } from '../../agent/config.js';
import { formatError, KsmpilotError } from '../../agent/errors.js';
import { historyPath } from '../../agent/history-store/history-path.js';
import { OpenHistory } from '../../agent/history-store/open-history.js';
import { SCHEMA_VERSION } from '../../agent/history-store/schema.js';
import { loadSqlite, type SqlDatabase } from '../../agent/history-store/sqlite.js';
import { retentionOf } from '../../agent/history-store/tiers.js';
import type { AgentEvent } from '../../agent/model/event.js';
import type { ReportEvent, ReportGuest, ReportPast } from './past.js';

const KINDS = ['decision', 'mode', 'knob', 'guest-policy', 'side-channel'] as const satisfies AgentEvent['kind'][];
const EVENTS_MAX = 50_000;

/** Samples are taken so often unless the settings say otherwise; the file does not tell, and only a resolution depends on it. */
const INTERVAL_MS = 1000;

export interface HistoryFileSource {
  readonly past: ReportPast;
  /** Guests that the file knows and that were there in the span. */
  guestsSince(fromMs: number): readonly ReportGuest[];
  close(): void;
}

/** Where an agent of this user, or with this state folder, keeps its past. */
export function usualHistoryFile(stateDir: string | undefined): string {
  return historyPath(validateConfig(stateDir === undefined ? {} : { stateDir }, 'the command line'));
}

/** @throws KsmpilotError HISTORY_UNAVAILABLE, HISTORY_FOREIGN */
export async function openHistoryFile(path: string): Promise<HistoryFileSource> {
  if (!existsSync(path)) {
    throw new KsmpilotError('HISTORY_UNAVAILABLE', `there is no history at ${path}`, {
      hint: 'Name the file with --file, or an agent with --agent HOST:PORT.',
    });
  }
  const open = await loadSqlite();
  let db: SqlDatabase;
  try {
    db = open(readOnlyName(path));
    db.exec('PRAGMA query_only = ON; PRAGMA busy_timeout = 1000');
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version !== SCHEMA_VERSION) {
      db.close();
      throw new KsmpilotError(
        'HISTORY_FOREIGN',
        `${path} has version ${version}, this ksmpilot reads ${SCHEMA_VERSION}`,
        {
          hint: 'Make the report with the ksmpilot that wrote it.',
        },
      );
    }
    const { history } = validateConfig({}, 'the defaults');
    const opened = new OpenHistory(db, {
      path,
      maxBytes: Infinity,
      retention: retentionOf(history),
      intervalMs: INTERVAL_MS,
    });
    return sourceOf(opened, () => db.close());
  } catch (error) {
    if (error instanceof KsmpilotError) throw error;
    throw new KsmpilotError('HISTORY_UNAVAILABLE', `${path} cannot be read: ${formatError(error)}`, {
      hint: 'Run it as the user of the agent, or as root.',
      cause: error,
    });
  }
}

/** A name by which SQLite opens without write access; Node before 22.15 takes plain names only, and the pragma holds. */
function readOnlyName(path: string): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isPlain = (major === 22 && minor < 15) || (major === 23 && minor < 10);
  return isPlain ? path : `${pathToFileURL(path).href}?mode=ro`;
}

function sourceOf(history: OpenHistory, close: () => void): HistoryFileSource {
  return {
    past: {
      history: (query) => attempt(() => history.history(query, query.toMs, '')),
      events: ({ fromMs, toMs }) =>
        attempt(() => {
          const { events, more } = history.events({ fromMs, toMs, kinds: KINDS, limit: EVENTS_MAX }, []);
          return { events: events.map(eventOf), more };
        }),
    },
    guestsSince: (fromMs) =>
      history.file
        .sql('SELECT identity, name FROM series WHERE seen_ms >= ? ORDER BY name')
        .all(fromMs)
        .map(({ identity, name }) => ({
          identity: String(identity),
          name: String(name),
          // As src/agent/guests makes an identity: the kind comes first.
          kind: /^([a-z-]+)[:/]/.exec(String(identity))?.[1] ?? null,
          merge: null,
          mergeableBytes: null,
          promisedBytes: null,
          suspicion: null,
        })),
    close,
  };
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function eventOf(event: AgentEvent): ReportEvent {
  const record = event.kind === 'decision' ? event.record : undefined;
  return {
    timeMs: event.timeMs,
    kind: KINDS.find((kind) => kind === event.kind) ?? 'other',
    text: event.text,
    bySomebodyElse: event.kind === 'knob' && event.change.by !== 'ksmpilot',
    decision:
      record === undefined
        ? null
        : {
            phase: record.decision.phase,
            changes: record.decision.changes.length,
            written: record.written,
            held: record.decision.outcome?.held ?? null,
          },
  };
}
