/** The guests of a host, their processes, and at `#/guests/KEY` the page of one guest. */

import { element, setText } from '../../dom.js';
import { clock } from '../../format.js';
import type { Order } from '../../order.js';
import { carriedOver, formatRoute, parseRoute } from '../../route.js';
import type { PageState } from '../../state.js';
import type { App, MountedView, View } from '../../view.js';
import { mountGuest } from '../guest/guest.js';
import { GUEST_COLUMNS, GUEST_KEYS, type GuestKey } from './columns.js';
import { EmptyGuests } from './empty.js';
import { GuestTable } from './guest-table.js';
import { ProcessTable } from './process-table.js';
import { SeedPast } from './seed-past.js';
import { summaryOf } from './summary.js';
import { Tabs } from './tabs.js';

const USUAL_ORDER: Order<GuestKey> = { key: 'saved_bytes', descending: true };

export const guestsView: View = {
  id: 'guests',
  title: 'Guests',
  inNavigation: true,
  mount: (root, app, [key]) => (key === undefined ? mountGuests(root, app) : mountGuest(root, app, key)),
};

function mountGuests(root: HTMLElement, app: App): MountedView {
  const { params } = app;
  const guests = new GuestTable({
    order: orderOf(params.get('sort')),
    onOrder: (order) => params.set('sort', wordOf(order)),
    hrefOf: guestHref,
  });
  const processes = new ProcessTable();
  const seed = new SeedPast(app);
  const summary = element('p', { class: 'summary', role: 'status', 'data-testid': 'guests-summary' });
  const note = element('p', { class: 'note', 'data-testid': 'guests-note' }, '\u00a0');
  const find = element('input', {
    type: 'search',
    id: 'find-guests',
    placeholder: 'name, id, pid, kind:libvirt, merge:off',
    spellcheck: 'false',
    autocomplete: 'off',
    'data-testid': 'guests-search',
  });
  find.value = params.get('find') ?? '';
  const empty = new EmptyGuests(() => {
    find.value = '';
    find.dispatchEvent(new Event('input'));
    find.focus();
  });
  const tabs = new Tabs({
    label: 'Guests or processes',
    tabs: [
      { id: 'guests', title: 'Guests', content: [guests.table.root] },
      { id: 'processes', title: 'Processes', content: [processes.table.root] },
    ],
    chosen: params.get('table') ?? 'guests',
    onChoose: (id) => {
      params.set('table', id === 'guests' ? undefined : id);
      app.redraw();
    },
  });
  const tools = element(
    'div',
    { class: 'table-tools' },
    tabs.list,
    element('label', { for: 'find-guests', class: 'find' }, element('span', {}, 'Find'), find),
  );
  root.append(
    element(
      'section',
      { class: 'panel guests-panel', 'aria-label': 'Guests' },
      summary,
      tools,
      ...tabs.panels,
      empty.root,
      note,
    ),
  );
  find.addEventListener('input', () => {
    params.set('find', find.value.trim() === '' ? undefined : find.value);
    app.redraw();
  });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== '/' || isTyping(event.target)) return;
    event.preventDefault();
    find.focus();
  };
  document.addEventListener('keydown', onKey);
  guests.table.start();
  processes.table.start();
  return {
    update(state: PageState) {
      seed.update(state);
      setText(summary, summaryOf(state.guests) + agePart(state));
      const isGuests = tabs.chosen === 'guests';
      const said = isGuests ? guests.update(state, find.value) : processes.update(state, find.value);
      tabs.count('guests', state.guests?.guests.length);
      tabs.count('processes', state.host === undefined ? undefined : state.processes.length);
      empty.update(state, tabs.chosen, find.value);
      setText(note, said === '' ? '\u00a0' : said);
    },
    unmount() {
      document.removeEventListener('keydown', onKey);
      seed.stop();
      guests.table.stop();
      processes.table.stop();
    },
  };
}

/** Address of a guest's page, with the range and the agent that are shown. */
export function guestHref(key: string): string {
  return formatRoute(carriedOver(parseRoute(`#/guests/${encodeURIComponent(key)}`), parseRoute(location.hash)));
}

function agePart({ link, guests }: PageState): string {
  if (guests === undefined || (link !== 'agent-lost' && link !== 'gateway-lost')) return '';
  return ` The agent is lost: these are the figures of ${clock(guests.time_ms)}.`;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable);
}

/** `name`, `-saved_bytes`: with a minus, the largest first. */
function orderOf(text: string | undefined): Order<GuestKey> {
  const key = GUEST_KEYS.find((one) => one === text?.replace(/^-/, ''));
  const isSortable = GUEST_COLUMNS.some((column) => column.key === key && column.value !== undefined);
  return key === undefined || !isSortable ? USUAL_ORDER : { key, descending: text?.startsWith('-') === true };
}

function wordOf({ key, descending }: Order<GuestKey>): string | undefined {
  if (key === USUAL_ORDER.key && descending === USUAL_ORDER.descending) return undefined;
  return `${descending ? '-' : ''}${key}`;
}
