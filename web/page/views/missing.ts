/** What this host lacks, each with its cure: problems found by the agent, rivals, and probes that do not run. */

import { byId, element, refill } from '../dom.js';
import type { PageState } from '../state.js';

interface Item {
  readonly what: string;
  readonly cure: string;
  readonly code: string;
}

export function updateMissing({ host }: PageState): void {
  const root = byId('missing');
  const items = host === undefined ? [] : itemsOf(host);
  root.hidden = items.length === 0;
  const list = root.querySelector('ul');
  if (list === null) return;
  refill(list, JSON.stringify(items), () =>
    items.map(({ what, cure, code }) =>
      element(
        'li',
        {},
        element('span', { class: 'what' }, ...withCode(what)),
        ...(cure === '' ? [] : [' ', element('span', { class: 'cure' }, ...withCode(cure))]),
        ' ',
        element('code', {}, code),
      ),
    ),
  );
}

/** Commands stand between backticks in the agent's texts. */
function withCode(text: string): (Node | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
}

function itemsOf(host: NonNullable<PageState['host']>): Item[] {
  const problems = host.problems.map(({ code, what, cure }) => ({ code, what, cure }));
  const rivals = host.rivals.map((rival) => ({
    code: 'rival',
    what: `${rival} moves the same knobs, so the tuner keeps its hands off.`,
    cure: '',
  }));
  const probes = host.probes
    // Not needed: another program sees the same.
    .filter(({ state, detail }) => state !== 'running' && state !== 'starting' && !detail.startsWith('not needed'))
    .map(({ name, state, detail }) => ({
      code: `probe ${name}`,
      what: `The probe ${name} is ${state === 'off' ? 'switched off' : state}.`,
      cure: detail,
    }));
  return [...problems, ...rivals, ...probes];
}
