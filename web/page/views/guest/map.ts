/** What a guest's memory is backed by: a picture per process, a legend with sizes, and the same as text. */

import type { GuestMap__Output } from '../../../../proto/generated/ksmpilot/v1/GuestMap.js';
import type { ProcessMap__Output } from '../../../../proto/generated/ksmpilot/v1/ProcessMap.js';
import { lookInside } from '../../change.js';
import { element, setText } from '../../dom.js';
import { bytes, percent } from '../../format.js';
import type { App } from '../../view.js';
import { cellWords, hex, linesOf, sharesOf, type Line, type Share } from './map-cells.js';
import { cellAt, keyPicture, mapPicture } from './map-picture.js';
import { OnDemand } from './on-demand.js';

const POINT =
  'A letter tells the kind: a capital where all of a cell is of it, a small one where most is. Point at a cell to read it.';

export function mapPanel(app: App, key: () => string): OnDemand<GuestMap__Output> {
  return new OnDemand<GuestMap__Output>({
    id: 'map',
    title: 'What is its memory backed by?',
    invitation: 'Reads its page tables; a second or two for each 10 GiB. Changes nothing.',
    button: 'Draw the map',
    progress: 'Reading its page tables.',
    load: (signal) => lookInside<GuestMap__Output>(app, 'guests/map', { guest: key() }, signal),
    show: answerOf,
  });
}

function answerOf({ processes, page_size: pageSize }: GuestMap__Output): Node[] {
  const [first] = processes;
  if (first === undefined) return [element('p', {}, 'None of its processes has memory of its own.')];
  const shown = element('div', {}, ...processMap(first, pageSize));
  if (processes.length === 1) return [shown];
  const choice = element(
    'select',
    { id: 'map-process' },
    ...processes.map(({ pid, comm }, index) => element('option', { value: String(index) }, `${comm} (${pid})`)),
  );
  choice.addEventListener('change', () => {
    const process = processes[Number(choice.value)];
    if (process !== undefined) shown.replaceChildren(...processMap(process, pageSize));
  });
  return [element('p', {}, element('label', { for: 'map-process' }, 'Process '), choice), shown];
}

function processMap(process: ProcessMap__Output, pageSize: number): Node[] {
  const lines = linesOf(process);
  const shares = sharesOf(process.total, pageSize);
  const cellBytes = process.pages_per_cell * pageSize;
  const said = element('p', { class: 'note', 'data-testid': 'map-said' }, POINT);
  const largest = [...shares].filter(({ pct }) => pct !== undefined).sort((a, b) => b.bytes - a.bytes)[0];
  const label = `Memory map of ${process.comm}, ${process.pid}: most is ${largest?.meaning ?? 'not there'}; the table has all`;
  const picture = mapPicture(lines, label);
  const meanings = new Map(process.total.map(({ kind, meaning }) => [kind, meaning]));
  picture.addEventListener('pointermove', ({ clientX, clientY }) => {
    const box = picture.getBoundingClientRect();
    const at = cellAt(lines, { x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height });
    setText(said, at === undefined ? POINT : cellWords(at, cellBytes, { size: bytes(cellBytes), meanings }));
  });
  picture.addEventListener('pointerleave', () => setText(said, POINT));
  return [
    ...(process.ended
      ? [element('p', { class: 'message' }, 'The process ended while it was read: this is a part of it.')]
      : []),
    element(
      'p',
      { class: 'soft' },
      `One cell is ${bytes(cellBytes)}. Lines are counted from the first; those with nothing in them are left out.`,
    ),
    element(
      'div',
      { class: 'map-body' },
      element('div', { class: 'map-scroll', tabindex: '0', role: 'region', 'aria-label': 'Memory map' }, picture),
      legend(shares),
    ),
    said,
    asText(lines, process),
  ];
}

function legend(shares: readonly Share[]): HTMLElement {
  const heads = ['Sign', 'Memory', 'Size', 'Of what is there'].map((title, index) =>
    element('th', { scope: 'col', class: index < 2 ? '' : 'number' }, title),
  );
  const rows = shares.map(({ kind, meaning, sign, bytes: size, pct }) =>
    element(
      'tr',
      {},
      element('td', { class: 'word' }, keyPicture(kind, sign), element('span', { class: 'unseen' }, sign)),
      element('th', { scope: 'row' }, meaning),
      element('td', { class: 'number' }, bytes(size)),
      element('td', { class: 'number' }, pct === undefined ? '' : percent(pct)),
    ),
  );
  return element(
    'table',
    { class: 'map-legend', 'data-testid': 'map-legend' },
    element('caption', { class: 'unseen' }, 'What the memory is backed by'),
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  );
}

function asText(lines: readonly Line[], { lines: drawn }: ProcessMap__Output): HTMLElement {
  const text = drawn.map(({ address, cells }) => `${hex(address).padStart(16)}  ${cells}`).join('\n');
  return element(
    'details',
    {},
    element('summary', {}, `As text, ${lines.length} lines`),
    element('pre', { tabindex: '0', role: 'region', 'aria-label': 'Memory map as text' }, text),
  );
}
