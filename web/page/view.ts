/** What a view of the page is, and what the page gives to it. A new view is a folder in views/ and a line in views/index-of-views.ts. */

import type { Api } from './api.js';
import type { PageState } from './state.js';
import type { TimeRange } from './time-range.js';

export interface View {
  /** First part of the address: `overview` is shown at `#/overview`. */
  readonly id: string;
  /** In the navigation and in the title of the window. */
  readonly title: string;
  readonly inNavigation: boolean;
  /** Of views outside the navigation: the one that is marked there instead. */
  readonly under?: string;
  /**
   * Fills `root`, which is empty. `rest` are the decoded parts of the address after the id: `['KEY']` of `#/guests/KEY`. Another
   * rest is another mount.
   */
  mount(root: HTMLElement, app: App, rest: readonly string[]): MountedView;
}

export interface MountedView {
  /** Draws what changed; called at most once a frame and only while the view is shown. Called once right after the mount. */
  update(state: PageState): void;
  /** Ends timers, listeners, requests and charts; the elements are removed by the page. */
  unmount(): void;
}

/** What every view may use. */
export interface App {
  readonly state: PageState;
  readonly api: Api;
  readonly time: TimeRange;
  readonly params: Params;
  /** Time of the newest sample, else of this clock; milliseconds since the epoch. */
  readonly nowMs: number;
  /** Shows another address, such as `#/guests/KEY`; time range and agent stay, other parameters do not. */
  go(hash: string): void;
  /**
   * Asks for the token, after a call was refused with 401; resolves to whether what needs the role is allowed now.
   *
   * @param why what needs it, a sentence; undefined: changing the host
   * @param need the least role that does; undefined: tune
   */
  signIn(why?: string, need?: 'view' | 'tune'): Promise<boolean>;
  /** Asks for an `update` soon: for a view that learned something by itself. */
  redraw(): void;
  /** Where no history is kept: asks the agent for so many seconds of what it holds in memory. */
  lookBack(sec: number): void;
}

/** The view's own parameters in the address, such as `sort` of `#/guests?sort=name`; from, to, last and agent belong to the page. */
export interface Params {
  get(name: string): string | undefined;
  /** Without a new entry in the browser's history; undefined takes the parameter out. */
  set(name: string, value: string | undefined): void;
}
