/** The frame of a chart: title, legend with figures, canvas, note. */

import { element, setText } from '../dom.js';

export interface LegendEntry {
  readonly label: string;
  /** Class of the swatch: a colour name, with `dashed` where the line is. */
  readonly swatch: string;
}

export interface PanelOptions {
  readonly id: string;
  readonly title: string;
  readonly legend: readonly LegendEntry[];
  readonly note: string;
  readonly wide?: boolean | undefined;
  /** What keys do in the plot; absent: it takes none. */
  readonly keys?: string;
}

export interface Panel {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly plot: HTMLElement;
  /** The figures of the legend, in its order. */
  showValues(values: readonly string[]): void;
  showNote(text: string): void;
  /** A word in place of an empty chart; undefined where there is something to see. */
  showEmpty(text: string | undefined): void;
  /** Is more of it on its way? */
  showBusy(isBusy: boolean): void;
}

export function makePanel({ id, title, legend, note, wide, keys }: PanelOptions): Panel {
  const values = legend.map(() => element('span', { class: 'value' }, '–'));
  const canvas = element('canvas', { role: 'img', 'aria-label': `Chart: ${title}`, 'data-testid': `chart-${id}` });
  const empty = element('p', { class: 'empty', hidden: '' });
  const forKeys: Readonly<Record<string, string>> =
    keys === undefined
      ? {}
      : { tabindex: '0', role: 'group', 'aria-label': `${title}: chart. ${keys}`, 'data-testid': `plot-${id}` };
  const plot = element('div', { class: 'plot', ...forKeys }, canvas, empty);
  const noteNode = element('p', { class: 'note', 'data-testid': `note-${id}` }, note);
  const root = element(
    'section',
    { class: `panel chart chart-${id}${wide === true ? ' wide' : ''}`, 'aria-labelledby': `title-${id}` },
    element('h2', { id: `title-${id}` }, title),
    element(
      'ul',
      { class: 'legend' },
      ...legend.map(({ label, swatch }, index) =>
        element('li', {}, element('span', { class: `swatch ${swatch}` }), `${label} `, values[index] ?? ''),
      ),
    ),
    plot,
    noteNode,
  );
  return {
    root,
    canvas,
    plot,
    showValues: (texts) => values.forEach((node, index) => setText(node, texts[index] ?? '–')),
    showNote: (text) => setText(noteNode, text),
    showEmpty: (text) => {
      empty.hidden = text === undefined;
      if (text !== undefined) setText(empty, text);
    },
    showBusy: (isBusy) => plot.classList.toggle('busy', isBusy),
  };
}
