/** Why a guest does not merge more: each reason with its size, evidence and cure. */

import type { GuestWhy__Output } from '../../../../proto/generated/ksmpilot/v1/GuestWhy.js';
import type { WhyReason__Output } from '../../../../proto/generated/ksmpilot/v1/WhyReason.js';
import { lookInside } from '../../change.js';
import { element } from '../../dom.js';
import { bytes } from '../../format.js';
import { richText } from '../../rich-text.js';
import type { App } from '../../view.js';
import { OnDemand } from './on-demand.js';
import { amountOf, effectWords, factText } from './why-words.js';

export function whyPanel(app: App, key: () => string): OnDemand<GuestWhy__Output> {
  return new OnDemand<GuestWhy__Output>({
    id: 'why',
    title: 'Why does it not merge more?',
    invitation: 'Looks at its memory for about two seconds, at the lowest priority. Changes nothing.',
    button: 'Find out',
    progress: 'Looking at its memory; about two seconds.',
    load: (signal) => lookInside<GuestWhy__Output>(app, 'guests/why', { guest: key() }, signal),
    show: answerOf,
  });
}

function answerOf({ verdict, reasons, gaps, offered_bytes: offered, merged_bytes: merged }: GuestWhy__Output): Node[] {
  return [
    element('p', { class: 'verdict' }, ...richText(verdict, true)),
    element(
      'p',
      { class: 'soft' },
      `${bytes(offered)} of private memory are offered to KSM, ${bytes(merged)} of them merged.`,
    ),
    ...(reasons.length === 0 ? [] : [element('ol', { class: 'reasons' }, ...reasons.map(reasonOf))]),
    ...gaps.map((gap) => element('p', { class: 'soft' }, `Not found out: ${gap}`)),
  ];
}

function reasonOf(reason: WhyReason__Output): HTMLElement {
  const { code, effect, sentence, cure, evidence } = reason;
  const amount = amountOf(reason);
  return element(
    'li',
    { class: `reason is-${effect}`, 'data-code': code },
    element(
      'h3',
      {},
      ...(amount === '' ? [] : [element('span', { class: 'amount' }, amount)]),
      element('span', { class: 'tag' }, effectWords(effect)),
      element('code', {}, code),
    ),
    element('p', {}, ...richText(sentence)),
    ...(evidence.length === 0 ? [] : [evidenceTable(reason)]),
    ...(cure === '' ? [] : [element('p', { class: 'cure' }, element('strong', {}, 'Cure: '), ...richText(cure, true))]),
  );
}

function evidenceTable({ evidence, code }: WhyReason__Output): HTMLElement {
  const rows = evidence.map((fact) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, fact.what),
      element('td', { class: 'number' }, factText(fact)),
      element('td', { class: 'text soft' }, fact.source),
    ),
  );
  return element(
    'div',
    { class: 'evidence', tabindex: '0', role: 'region', 'aria-label': `Evidence of ${code}` },
    element(
      'table',
      {},
      element('caption', { class: 'unseen' }, `What ${code} rests on`),
      element(
        'thead',
        { class: 'unseen' },
        element('tr', {}, ...['Fact', 'Value', 'Read from'].map((title) => element('th', { scope: 'col' }, title))),
      ),
      element('tbody', {}, ...rows),
    ),
  );
}
