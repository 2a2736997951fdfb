/** Events of the range that the charts show: those of the stream, and before them those of the history. */

import type { EventFrame__Output } from '../../../proto/generated/ksmpilot/v1/EventFrame.js';
import { MARKING_EVENTS, marksOf, type Mark } from '../marks.js';
import { isCatchingUp } from '../state.js';
import type { App } from '../view.js';
import { Loader } from './loader.js';

interface EventsAnswer {
  readonly events: readonly EventFrame__Output[];
  readonly more: boolean;
}

/** More marks than that are clusters of clusters. */
const MOST_EVENTS = 1_000;
const KINDS = [...MARKING_EVENTS, 'EVENT_KIND_PROBE_STATE'].join(',');
const NONE: readonly EventFrame__Output[] = [];
const SLACK_MS = 2_500;

export class Happenings {
  readonly #app: App;
  readonly #loader: Loader<EventsAnswer>;
  #marks: readonly Mark[] = [];
  /** The lists that the marks were made of. */
  #made: readonly unknown[] = [];

  constructor(app: App) {
    this.#app = app;
    this.#loader = new Loader<EventsAnswer>(app.api, () => app.redraw());
  }

  /** Asks for what the stream did not tell; to be called at each update. */
  want(): void {
    const { state, time } = this.#app;
    const { fromMs, toMs } = time;
    const toldFrom = state.ring.oldestMs;
    if (toldFrom === undefined || isCatchingUp(state) || toldFrom <= fromMs + SLACK_MS) {
      this.#loader.rest();
      return;
    }
    const params = { limit: MOST_EVENTS, kinds: KINDS };
    this.#loader.want({ path: 'events', params, fromMs, toMs, isLive: time.live });
  }

  /** Of the history, oldest first; those of the stream are not among them. */
  get past(): readonly EventFrame__Output[] {
    return this.#loader.answer?.value.events ?? NONE;
  }

  /** There were more than the history tells at once. */
  get isCut(): boolean {
    return this.#loader.answer?.value.more ?? false;
  }

  /** Oldest first; the same array until one is added or goes. */
  readonly marks = (): readonly Mark[] => {
    const { decisions, events } = this.#app.state;
    const made = [decisions, events, this.past] as const;
    if (made.every((list, index) => list === this.#made[index])) return this.#marks;
    this.#made = made;
    const now = marksOf(decisions, [...this.past, ...events.map(({ event }) => event)]);
    if (!isSame(now, this.#marks)) this.#marks = now;
    return this.#marks;
  };

  stop(): void {
    this.#loader.stop();
  }
}

function isSame(a: readonly Mark[], b: readonly Mark[]): boolean {
  return (
    a.length === b.length && a.every((mark, index) => mark.timeMs === b[index]?.timeMs && mark.text === b[index].text)
  );
}
