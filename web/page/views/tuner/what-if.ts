/** What other policies would have done with this host's last while, by the simulator. */

import type { WhatIfReport__Output } from '../../../../proto/generated/ksmpilot/v1/WhatIfReport.js';
import { element } from '../../dom.js';
import { bytes, short, signedCores } from '../../format.js';
import type { App } from '../../view.js';
import { OnDemand } from '../guest/on-demand.js';
import { whatIfPicture, type WhatIfLine } from './what-if-rows.js';

const SPANS = [
  { sec: 900, title: 'last 15 min' },
  { sec: 3_600, title: 'last hour' },
  { sec: 21_600, title: 'last 6 h' },
  { sec: 86_400, title: 'last day' },
] as const;

export function whatIfPanel({ api }: App): OnDemand<WhatIfReport__Output> {
  const span = element(
    'select',
    { id: 'whatif-span', 'aria-label': 'Time to replay', 'data-testid': 'whatif-span' },
    ...SPANS.map(({ sec, title }) => element('option', { value: String(sec) }, title)),
  );
  return new OnDemand<WhatIfReport__Output>({
    id: 'whatif',
    title: 'What would other policies have done?',
    invitation: 'Replays what this host recorded under other policies, in a process of low priority. Changes nothing.',
    button: 'Replay',
    progress: 'Replaying; this may take some seconds.',
    tools: [span],
    load: (signal) => api.get<WhatIfReport__Output>('whatif', { look_back_sec: span.value }, signal),
    show: answerOf,
  });
}

function answerOf(report: WhatIfReport__Output): Node[] {
  const { what, seconds, gib_per_core: price, unknowns } = report;
  const { lines, zero } = whatIfPicture(report);
  if (lines.length === 0) return [element('p', {}, 'Nothing was recorded in that time.')];
  const heads = ['Policy', 'Net, cores', '', 'Saved on average', 'ksmd, cores', 'Saved at the end'].map(
    (title, index) =>
      element(
        'th',
        { scope: 'col', class: index === 0 || index === 2 ? '' : 'number' },
        title === '' ? hidden('Net as a bar') : title,
      ),
  );
  return [
    element('p', { class: 'verdict' }, sentence(`${what}, priced at ${short(price)} GiB a core`)),
    element(
      'div',
      { class: 'scroll low', tabindex: '0', role: 'region', 'aria-label': 'Policies compared' },
      element(
        'table',
        { class: 'whatif-table', 'data-testid': 'whatif-table' },
        element('caption', { class: 'unseen' }, 'Policies by what they would have been worth'),
        element('thead', {}, element('tr', {}, ...heads)),
        element('tbody', {}, ...lines.map((line) => rowOf(line, zero, seconds))),
      ),
    ),
    element(
      'p',
      { class: 'soft' },
      'Net: what the saving is worth, less the CPU of ksmd and of the COW breaks, on average over that time.',
    ),
    ...(unknowns.length === 0
      ? []
      : [
          element('p', { class: 'soft' }, 'How far to trust it:'),
          element('ul', { class: 'unknowns' }, ...unknowns.map((unknown) => element('li', {}, unknown))),
        ]),
  ];
}

function rowOf(line: WhatIfLine, zero: number, seconds: number): HTMLElement {
  const { policy, isRecorded, isBest, netCores, savedGibSec, ksmdCpuSec, savedEndBytes } = line;
  const perSec = (value: number): number => (seconds > 0 ? value / seconds : 0);
  return element(
    'tr',
    isRecorded ? { class: 'recorded' } : {},
    element(
      'th',
      { scope: 'row' },
      policy,
      ...(isRecorded ? [' ', element('span', { class: 'tag' }, 'what really ran')] : []),
      ...(isBest ? [' ', element('span', { class: 'tag best' }, '★ best')] : []),
    ),
    element('td', { class: 'number' }, signedCores(netCores)),
    element('td', { class: 'bar-cell' }, barOf(line, zero)),
    element('td', { class: 'number' }, bytes(perSec(savedGibSec) * 1024 ** 3)),
    element('td', { class: 'number' }, perSec(ksmdCpuSec).toFixed(3)),
    element('td', { class: 'number' }, bytes(savedEndBytes)),
  );
}

const SVG = 'http://www.w3.org/2000/svg';

/** From the line of no gain to the right or, for a loss, to the left. The figure beside says the same. */
function barOf({ bar, netCores }: WhatIfLine, zero: number): SVGSVGElement {
  const root = document.createElementNS(SVG, 'svg');
  root.setAttribute('viewBox', '0 0 100 10');
  root.setAttribute('preserveAspectRatio', 'none');
  root.setAttribute('class', 'bar-picture');
  root.setAttribute('aria-hidden', 'true');
  const rect = document.createElementNS(SVG, 'rect');
  rect.setAttribute('x', String(bar.from * 100));
  rect.setAttribute('width', String(Math.max(0.5, (bar.to - bar.from) * 100)));
  rect.setAttribute('y', '1.5');
  rect.setAttribute('height', '7');
  rect.setAttribute('class', netCores < 0 ? 'loss' : 'gain');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', `M${zero * 100} 0V10`);
  root.append(rect, line);
  return root;
}

function hidden(text: string): HTMLElement {
  return element('span', { class: 'unseen' }, text);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
