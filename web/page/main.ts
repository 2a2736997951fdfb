/** Starts the page. */

import { PageApp } from './app.js';
import { plotOf } from './charts/chart-setup.js';
import { forgetPalette } from './charts/palette.js';
import { byId } from './dom.js';
import { Account } from './session/account.js';
import { SIGN_IN_FIRST } from './session/session.js';
import { Navigation } from './shell/navigation.js';
import { RangeControl } from './shell/range-control.js';
import { updateStatusBar } from './shell/status-bar.js';
import { startTheme } from './theme.js';
import { takeToken } from './token.js';
import { AgentPicker } from './views/fleet/agent-picker.js';
import { VIEWS } from './views/index-of-views.js';

/** How often the age of the figures is looked at. */
const AGE_MS = 1_000;

// Before anything reads the address: a token in it must not stay there.
const token = takeToken();

const navigation = new Navigation(VIEWS);
const app = new PageApp({
  views: VIEWS,
  root: byId('view'),
  drawShell: () => {
    navigation.update(app);
    updateStatusBar(app.state, Date.now());
    range.update();
  },
  onView: (view) => navigation.show(view),
});

byId('skip').addEventListener('click', (event) => {
  // The part after # is the address of a view here.
  event.preventDefault();
  byId('view').focus();
});
const range = new RangeControl(app.time);
navigation.mount(byId('navigation'));
range.mount(byId('tools'));
setInterval(() => {
  if (!document.hidden) updateStatusBar(app.state, Date.now());
}, AGE_MS);
startTheme(byId('theme'), () => {
  forgetPalette();
  app.redraw();
});
const picker = new AgentPicker({ api: app.api, onPick: (agent) => app.showAgent(agent) });
picker.mount(byId('tools'));
new Account(app.session).mount(byId('tools'));
app.start();
void startSession();

async function startSession(): Promise<void> {
  await app.session.refresh();
  if (token !== undefined) await app.session.signInOr(token);
  else if (app.session.required && app.session.role === undefined) {
    await app.session.ask(SIGN_IN_FIRST, 'view');
  }
}

declare global {
  interface Window {
    /** For tests and for looking closer from the console; nothing here changes the host. */
    __ksmpilot?: {
      readonly samples: () => number;
      readonly oldestMs: () => number | undefined;
      readonly newestMs: () => number | undefined;
      /** Where a chart's plot lies in its canvas, pixels, and the time that it spans. */
      readonly plot: (testId: string) => object | undefined;
    };
  }
}
window.__ksmpilot = {
  samples: () => app.state.ring.length,
  oldestMs: () => app.state.ring.oldestMs,
  newestMs: () => app.state.ring.newestMs,
  plot: plotOf,
};
