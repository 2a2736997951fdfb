/** One guest: what it is, saves and costs, its past, why it does not merge more, its memory, and the switch for its merging. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import { element, refill, setText } from '../../dom.js';
import { count } from '../../format.js';
import { carriedOver, formatRoute, parseRoute } from '../../route.js';
import type { PageState } from '../../state.js';
import type { App, MountedView } from '../../view.js';
import { GuestDoubts, GuestFacts, GuestSuspicion } from './facts.js';
import { findGuest, identityOf } from './find-guest.js';
import { mapPanel } from './map.js';
import { MergeControl } from './merge.js';
import { GuestPast } from './past.js';
import { whyPanel } from './why.js';

const PIDS_SHOWN = 5;

/** @param key of the address: a guest's `key` or `identity` */
export function mountGuest(root: HTMLElement, app: App, key: string): MountedView {
  let shownKey = key;
  const title = element('h2', { class: 'guest-name', tabindex: '-1', 'data-testid': 'guest-name' }, '\u00a0');
  const who = element('p', { class: 'guest-who', 'data-testid': 'guest-who' }, '\u00a0');
  const notice = element('p', { class: 'notice', role: 'status', hidden: '', 'data-testid': 'guest-notice' });
  const facts = new GuestFacts();
  const doubts = new GuestDoubts();
  const suspicion = new GuestSuspicion();
  const merge = new MergeControl(app);
  const past = new GuestPast(app, key);
  const why = whyPanel(app, () => shownKey);
  const map = mapPanel(app, () => shownKey);
  const back = element('a', { href: guestsHref(), class: 'back', 'data-testid': 'guest-back' }, '← All guests');
  root.append(
    element('header', { class: 'guest-head' }, back, title, who),
    notice,
    doubts.root,
    suspicion.root,
    facts.root,
    merge.root,
    past.root,
    element('div', { class: 'guest-grid' }, why.root, map.root),
  );
  past.start();
  return {
    update(state: PageState) {
      const found = findGuest(state.guests, key);
      const guest = found.state === 'running' ? found.guest : undefined;
      if (guest !== undefined) shownKey = guest.key;
      const name = guest?.name ?? identityOf(key);
      setText(title, name);
      document.title = `${name} – ksmpilot`;
      refill(who, JSON.stringify([guest?.kind, guest?.id, guest?.pids, guest?.merge]), () => whoOf(guest));
      const said = noticeOf(found.state, found.state === 'running' && found.restarted, state);
      notice.hidden = said === '';
      setText(notice, said);
      back.href = guestsHref();
      facts.update(guest);
      doubts.update(guest?.doubts ?? []);
      suspicion.update(guest?.suspicion_text);
      merge.update(guest);
      past.update(state, guest);
    },
    unmount() {
      why.stop();
      map.stop();
      past.stop();
    },
  };
}

function guestsHref(): string {
  return formatRoute(carriedOver(parseRoute('#/guests'), parseRoute(location.hash)));
}

function whoOf(guest: Guest__Output | undefined): Node[] {
  if (guest === undefined) return [document.createTextNode('\u00a0')];
  const { kind, id, pids, merge } = guest;
  const shown = pids.slice(0, PIDS_SHOWN).join(', ');
  const more = pids.length > PIDS_SHOWN ? ` and ${count(pids.length - PIDS_SHOWN)} more` : '';
  return [
    element('span', { class: 'tag' }, kind),
    element('span', { class: `merge-tag ${merge ?? 'unknown'}` }, `merging ${merge ?? 'not known'}`),
    element('code', { class: 'id' }, id),
    element('span', { class: 'soft' }, `${pids.length === 1 ? 'pid' : 'pids'} ${shown}${more}`),
  ];
}

function noticeOf(found: 'waiting' | 'running' | 'gone', restarted: boolean, { link }: PageState): string {
  if (link === 'agent-lost' || link === 'gateway-lost') return 'The agent is lost: these are its last figures.';
  if (found === 'gone') return 'This guest is not running now. Its past is below, as far as the history has it.';
  if (restarted) return 'It was restarted since: this is its newest run.';
  return '';
}
