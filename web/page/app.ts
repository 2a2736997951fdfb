/** The page as a whole: the stream fills the state, the address chooses view and range, and the view is drawn at most once a frame. */

import { Api } from './api.js';
import { rowOf } from './columns.js';
import { carriedOver, formatRoute, parseRoute, type Route } from './route.js';
import { Session, type Role } from './session/session.js';
import { askToken } from './session/sign-in.js';
import { emptyState, type PageState } from './state.js';
import { scanRow } from './scans.js';
import { Stream } from './stream.js';
import { addEvent, mergeDecisions } from './timeline.js';
import { choiceOf, TimeRange, USUAL_SPAN_MS, writeChoice } from './time-range.js';
import type { App, MountedView, Params, View } from './view.js';

export interface PageAppOptions {
  readonly views: readonly View[];
  /** Where the view is shown. */
  readonly root: HTMLElement;
  /** What stands around the view; drawn with it. */
  readonly drawShell: () => void;
  /** After each change of view. */
  readonly onView: (view: View) => void;
}

/** Samples, processes and guests of one tick come one after the other: they are drawn together. */
const GATHER_MS = 100;
/** A small host tells of fifty full scans in a second; nobody reads faster than this. */
const LEAST_BETWEEN_MS = 250;
/** History of the agent's own memory that is asked for at first, so that the usual ranges are there at once. */
const LOOK_BACK_SEC = USUAL_SPAN_MS / 1_000;

export class PageApp implements App {
  readonly state: PageState = emptyState();
  readonly api = new Api();
  readonly session = new Session({ api: this.api, ask: askToken });
  readonly time: TimeRange;
  readonly params: Params;
  readonly #options: PageAppOptions;
  readonly #stream: Stream;
  #route: Route = parseRoute('');
  #mounted: { readonly view: View; readonly path: string; readonly shown: MountedView } | undefined;
  #lookBackSec = LOOK_BACK_SEC;
  #isDue = false;
  #drawnAtMs = 0;

  constructor(options: PageAppOptions) {
    this.#options = options;
    this.time = new TimeRange({ nowMs: () => this.nowMs });
    this.params = {
      get: (name) => this.#route.params.get(name) ?? undefined,
      set: (name, value) => this.#setParam(name, value),
    };
    this.#stream = new Stream(this.#handlers());
  }

  get nowMs(): number {
    return this.state.ring.newestMs ?? Date.now();
  }

  start(): void {
    this.#route = parseRoute(location.hash);
    this.api.setAgent(this.#route.params.get('agent') ?? undefined);
    addEventListener('hashchange', () => this.#follow());
    document.addEventListener('visibilitychange', () => this.redraw());
    this.time.listen(() => this.#writeTime());
    this.#follow();
    this.#openStream();
    this.session.listen(() => {
      if (this.session.required && this.session.role !== undefined) this.#beginAnew();
    });
  }

  signIn(why?: string, need?: Role): Promise<boolean> {
    return this.session.ask(why, need);
  }

  go(hash: string): void {
    location.hash = formatRoute(carriedOver(parseRoute(hash), this.#route));
  }

  /** Address of a view, with the range and agent that are shown. */
  hrefOf(viewId: string): string {
    return formatRoute(carriedOver({ view: viewId, rest: [], params: new URLSearchParams() }, this.#route));
  }

  /** Shows another agent of the gateway. */
  showAgent(name: string | undefined): void {
    const params = new URLSearchParams(this.#route.params);
    if (name === undefined) params.delete('agent');
    else params.set('agent', name);
    location.hash = formatRoute({ ...this.#route, params });
  }

  /** What is held is asked for anew, since a ring cannot be filled at its old end. */
  lookBack(sec: number): void {
    if (sec <= this.#lookBackSec) return;
    this.#lookBackSec = sec;
    this.#openStream();
  }

  redraw(): void {
    if (this.#isDue || document.hidden) return;
    this.#isDue = true;
    const wait = Math.max(GATHER_MS, this.#drawnAtMs + LEAST_BETWEEN_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw(): void {
    this.#isDue = false;
    this.#drawnAtMs = performance.now();
    this.#options.drawShell();
    this.#mounted?.shown.update(this.state);
  }

  /** Whoever has signed in now sees what was refused before. */
  #beginAnew(): void {
    this.#openStream();
    this.#unmount();
    this.#mount();
  }

  #openStream(): void {
    this.state.ring.clear();
    this.state.scans.clear();
    this.state.events = [];
    this.#stream.open(this.api.url('stream', { look_back_sec: this.#lookBackSec }));
  }

  /** After a change of the address. */
  #follow(): void {
    this.#route = parseRoute(location.hash);
    const agent = this.#route.params.get('agent') ?? undefined;
    if (agent !== this.api.agent) {
      this.api.setAgent(agent);
      void this.session.refresh();
      this.#lookBackSec = LOOK_BACK_SEC;
      Object.assign(this.state, emptyState(), { ring: this.state.ring });
      this.#openStream();
      this.#unmount();
    }
    this.time.restore(choiceOf(this.#route.params) ?? { live: true, spanMs: USUAL_SPAN_MS });
    this.#mount();
    if (!document.hidden) this.#draw();
  }

  #mount(): void {
    const { views, root, onView } = this.#options;
    const view = views.find(({ id }) => id === this.#route.view) ?? views[0];
    if (view === undefined) return;
    const path = [view.id, ...this.#route.rest].join('\n');
    if (this.#mounted?.path === path) return;
    this.#unmount();
    scrollTo(0, 0);
    const shown = view.mount(root, this, view.id === this.#route.view ? this.#route.rest : []);
    this.#mounted = { view, path, shown };
    onView(view);
    shown.update(this.state);
  }

  #unmount(): void {
    this.#mounted?.shown.unmount();
    this.#mounted = undefined;
    this.time.point(undefined);
    this.#options.root.replaceChildren();
  }

  #setParam(name: string, value: string | undefined): void {
    const params = new URLSearchParams(this.#route.params);
    if (value === undefined) params.delete(name);
    else params.set(name, value);
    this.#replace(params);
  }

  #writeTime(): void {
    const params = new URLSearchParams(this.#route.params);
    writeChoice(this.time.choice, params);
    this.#replace(params);
    // Who zooms waits for nothing.
    if (!document.hidden) this.#draw();
  }

  #replace(params: URLSearchParams): void {
    this.#route = { ...this.#route, params };
    const view = this.#route.view === '' ? (this.#mounted?.view.id ?? '') : this.#route.view;
    history.replaceState(null, '', formatRoute({ ...this.#route, view }));
  }

  #handlers(): ConstructorParameters<typeof Stream>[0] {
    const { state } = this;
    const taking =
      <T>(take: (value: T) => void) =>
      (value: T): void => {
        take(value);
        this.redraw();
      };
    return {
      lost: () => {
        state.link = 'gateway-lost';
        this.redraw();
      },
      agent: taking(({ state: link, detail }) => {
        state.link = link === 'connected' ? 'live' : 'agent-lost';
        state.linkDetail = detail;
      }),
      host: taking((host) => {
        // Another agent numbers its decisions anew and has its own baseline.
        if (state.host !== undefined && state.host.agent_started_ms !== host.agent_started_ms) state.tuner = undefined;
        state.host = host;
      }),
      tuner: taking((tuner) => {
        state.tuner = tuner;
        state.decisions = mergeDecisions(state.decisions, tuner.decisions);
      }),
      sample: taking((frame) => {
        state.ring.push(frame.time_ms, rowOf(frame));
        state.sample = frame;
        state.heardMs = performance.now();
        if (frame.merge_lifetime.length > 0) state.lifetime = frame.merge_lifetime;
        state.serviceTime = frame.cow?.service_time ?? state.serviceTime;
        state.link = 'live';
      }),
      processes: taking(({ processes }) => (state.processes = processes)),
      guests: taking((guests) => {
        state.guests = guests;
        state.savedPast.push(guests);
        state.guestBreaks.push(guests, state.sample?.cow_breaks_per_sec);
      }),
      event: taking((event) => {
        const scan = scanRow(event);
        if (scan !== undefined) state.scans.push(event.time_ms, scan);
        state.events = addEvent(state.events, event);
        if (event.decision !== null) state.decisions = mergeDecisions(state.decisions, [event.decision]);
      }),
    };
  }
}
