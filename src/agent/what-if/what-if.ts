import { setImmediate as others } from 'node:timers/promises';
import type { TunerSettings } from '../../tuner/types.js';
import { KsmpilotError } from '../errors.js';
import type { DoJob } from '../jobs/job.js';
import { JobQueue } from '../jobs/queue.js';
import type { Point } from '../model/derived.js';
import type { WhatIfAnswer } from '../model/what-if.js';
import { HistoryMaker, recordedOf } from './recorded.js';

/** One replay at a time: each takes a core for seconds. */
const REPLAYS = { running: 1, waiting: 4, limitMs: 120_000 };

/** Most samples that are replayed; of more, each so-many-th: the replay steps by seconds. */
const SAMPLES_MAX = 7_200;

/** Samples taken over before others have their turn. */
const SLICE = 500;

export interface WhatIfOptions {
  /** Points at or after a time, oldest first. */
  readonly pointsSince: (sinceMs: number) => readonly Point[];
  readonly settings: () => TunerSettings;
  readonly pageSize: number;
  readonly memTotalBytes: number | undefined;
  readonly doJob: DoJob;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/** Replays this host's own last while under other policies. */
export class WhatIf {
  readonly #options: WhatIfOptions;
  readonly #queue = new JobQueue(REPLAYS);

  constructor(options: WhatIfOptions) {
    this.#options = options;
  }

  /**
   * @throws KsmpilotError HISTORY_SHORT, WORK_EXHAUSTED, WORK_TOO_LONG
   */
  async ask(
    { lookBackSec, policies }: { readonly lookBackSec: number; readonly policies: readonly string[] },
    signal: AbortSignal,
  ): Promise<WhatIfAnswer> {
    // By what was asked, not by the samples: who asks for the same moments later gets the answer under way.
    const key = JSON.stringify([lookBackSec, policies, this.#options.settings()]);
    return this.#queue.run(key, signal, (ending) => this.#replay(lookBackSec, policies, ending));
  }

  /** In its turn: to take the samples over costs the agent's own thread some time, and anybody on the host may ask. */
  async #replay(lookBackSec: number, policies: readonly string[], ending: AbortSignal): Promise<WhatIfAnswer> {
    const { pointsSince, settings, pageSize, memTotalBytes = 0, doJob, now } = this.#options;
    const history = new HistoryMaker(pageSize);
    for (const [index, point] of thinned(pointsSince(now() - lookBackSec * 1000)).entries()) {
      history.add(recordedOf(point));
      // A thousand take 15 ms: samples come in between.
      if (index % SLICE === SLICE - 1) await others();
      ending.throwIfAborted();
    }
    if (history.size < 2) {
      throw new KsmpilotError('HISTORY_SHORT', 'fewer than two samples of KSM lie in the time asked for', {
        hint: 'Ask again when the agent has run for a few minutes, or look further back.',
      });
    }
    const question = { history: history.finish(memTotalBytes), policies, settings: settings(), cold: false };
    return doJob('what-if', question, ending);
  }
}

/** Each so-many-th and the last. */
function thinned(points: readonly Point[]): readonly Point[] {
  const step = Math.ceil(points.length / SAMPLES_MAX);
  return step <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % step === 0);
}
