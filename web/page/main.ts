/** Puts the page together: the stream fills the state, and the views draw it at most once a frame. */

import { Charts } from './charts/charts.js';
import { rowOf } from './columns.js';
import { byId } from './dom.js';
import { emptyState } from './state.js';
import { Stream } from './stream.js';
import { startTheme } from './theme.js';
import { addEvent, mergeDecisions } from './timeline.js';
import { Token } from './token.js';
import { BreaksView } from './views/breaks.js';
import { DecisionsView } from './views/decisions.js';
import { EstimatesView } from './views/estimates.js';
import { EventsView } from './views/events.js';
import { GuestTable } from './views/guest-table.js';
import { updateHeadline } from './views/headline.js';
import { KnobsView } from './views/knobs.js';
import { updateMissing } from './views/missing.js';
import { ModeView } from './views/mode.js';
import { ProbesView } from './views/probes.js';
import { ProcessTable } from './views/process-table.js';
import { updateStatusBar } from './views/status-bar.js';

/** How often the age of the figures is looked at. */
const AGE_MS = 1_000;
/** History asked for at first, so that the usual ranges are there at once. */
const LEAST_LOOK_BACK_SEC = 900;

const range = byId('range') as HTMLSelectElement;
const state = emptyState(Number(range.value));
const token = new Token();
token.start();
const charts = new Charts(state);
const mode = new ModeView(token);
const tables = [
  new GuestTable(),
  new DecisionsView(),
  new ProcessTable(),
  new EstimatesView(),
  new ProbesView(),
  new EventsView(),
];
const breaks = new BreaksView();
const knobs = new KnobsView();

mode.mount(byId('mode'));
charts.mount(byId('charts'), breaks.root);
knobs.mount(byId('charts'));
for (const table of tables) table.mount(byId('tables'));

let isDue = false;
/** The charts take most of the time of a drawing, and are left alone where only a table has news. */
let areChartsDue = false;
/** While the tab is hidden the state goes on filling and nothing is drawn. */
function draw(news: 'charts' | 'tables'): void {
  areChartsDue ||= news === 'charts';
  if (isDue || document.hidden) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    updateStatusBar(state, Date.now());
    updateHeadline(state);
    updateMissing(state);
    mode.update(state);
    breaks.update(state);
    knobs.update(state);
    for (const table of tables) table.update(state);
    if (!areChartsDue) return;
    areChartsDue = false;
    charts.update();
  });
}

const stream = new Stream({
  lost() {
    state.link = 'gateway-lost';
    draw('tables');
  },
  agent({ state: link, detail }) {
    state.link = link === 'connected' ? 'live' : 'agent-lost';
    state.linkDetail = detail;
    draw('tables');
  },
  host(host) {
    // Another agent numbers its decisions anew and has its own baseline.
    if (state.host !== undefined && state.host.agent_started_ms !== host.agent_started_ms) state.tuner = undefined;
    state.host = host;
    draw('tables');
  },
  tuner(tuner) {
    state.tuner = tuner;
    state.decisions = mergeDecisions(state.decisions, tuner.decisions);
    draw('charts');
  },
  sample(frame) {
    state.ring.push(frame.time_ms, rowOf(frame));
    state.sample = frame;
    if (frame.merge_lifetime.length > 0) state.lifetime = frame.merge_lifetime;
    state.serviceTime = frame.cow?.service_time ?? state.serviceTime;
    state.link = 'live';
    draw('charts');
  },
  processes({ processes }) {
    state.processes = processes;
    draw('tables');
  },
  guests(guests) {
    state.guests = guests;
    draw('tables');
  },
  event(event) {
    state.events = addEvent(state.events, event);
    if (event.decision !== null) state.decisions = mergeDecisions(state.decisions, [event.decision]);
    draw('charts');
  },
});

let askedSec = Math.max(state.rangeSec, LEAST_LOOK_BACK_SEC);
range.addEventListener('change', () => {
  state.rangeSec = Number(range.value);
  if (state.rangeSec > askedSec) {
    // A ring cannot be filled at its old end: all is asked for anew.
    askedSec = state.rangeSec;
    state.ring.clear();
    state.events = [];
    stream.open(askedSec);
  }
  draw('charts');
});
document.addEventListener('visibilitychange', () => draw('charts'));
setInterval(() => {
  if (!document.hidden) updateStatusBar(state, Date.now());
}, AGE_MS);
startTheme(byId('theme'), () => {
  charts.restyle();
  draw('charts');
});
stream.open(askedSec);

declare global {
  interface Window {
    /** For tests and for looking closer from the console; nothing here changes the host. */
    __ksmpilot?: { readonly samples: () => number; readonly oldestMs: () => number | undefined };
  }
}
window.__ksmpilot = { samples: () => state.ring.length, oldestMs: () => state.ring.oldestMs };
