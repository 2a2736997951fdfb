/** The table of hosts, one a row. */

import { element, setText } from '../../dom.js';
import type { Order } from '../../order.js';
import { RowTable, type Column } from '../guests/row-table.js';
import { fillSavedCurve } from '../guests/saved-curve.js';
import { FLEET_COLUMNS, type FleetKey } from './columns.js';
import type { FleetAnswer, FleetRow } from './fleet-answer.js';
import { riskWords, stateWords } from './fleet-words.js';
import { search } from './search.js';

export interface HostTableOptions {
  readonly order: Order<FleetKey>;
  readonly onOrder: (order: Order<FleetKey>) => void;
  /** Address of a host's own page. */
  readonly hrefOf: (agent: string) => string;
}

export class HostTable {
  readonly table: RowTable<FleetKey, FleetRow>;
  readonly #hrefOf: (agent: string) => string;
  #outliers: ReadonlySet<string> = new Set();

  constructor({ order, onOrder, hrefOf }: HostTableOptions) {
    this.#hrefOf = hrefOf;
    this.table = new RowTable<FleetKey, FleetRow>({
      id: 'fleet',
      caption: 'Hosts by name, and what each saves and costs',
      columns: FLEET_COLUMNS.map((column) => this.#withFill(column)),
      head: 'name',
      order,
      onOrder,
      idOf: ({ name }) => name,
      dress: (row, host) => {
        row.classList.toggle('is-away', host.state !== 'connected');
        const title = titleOf(host);
        if (row.title !== title) row.title = title;
      },
    });
  }

  /** Returns how many rows the search leaves. */
  update(answer: FleetAnswer | undefined, text: string): number {
    this.#outliers = new Set(answer?.outliers.map(({ name }) => name));
    const found = search(answer?.hosts ?? [], text);
    this.table.update(found);
    return found.length;
  }

  #withFill(column: (typeof FLEET_COLUMNS)[number]): Column<FleetKey, FleetRow> {
    switch (column.key) {
      case 'name':
        return { ...column, fill: (cell, row, text) => this.#fillName(cell, row, text) };
      case 'link_state':
        return { ...column, fill: fillState };
      case 'curve':
        return {
          ...column,
          fill: (cell, { trend }) =>
            fillSavedCurve(
              cell,
              trend.map((value) => value ?? NaN),
            ),
        };
      default:
        return column;
    }
  }

  /** A host that this page cannot show is a name without a link. */
  #fillName(cell: HTMLTableCellElement, { agent, name }: FleetRow, text: string): void {
    const tag = agent === undefined ? 'span' : 'a';
    let shown = cell.firstElementChild;
    if (shown?.localName !== tag) {
      shown = element(tag);
      cell.replaceChildren(shown);
    }
    const href = agent === undefined ? undefined : this.#hrefOf(agent);
    if (href !== undefined && shown.getAttribute('href') !== href) shown.setAttribute('href', href);
    setText(shown, text);
    const isOut = this.#outliers.has(name);
    if (isOut === cell.children.length > 1) return;
    if (!isOut) cell.lastElementChild?.remove();
    else
      cell.append(element('span', { class: 'stands-out', title: 'Stands out; see above' }, ' ▲', unseen('stands out')));
  }
}

function unseen(text: string): HTMLElement {
  return element('span', { class: 'unseen' }, ` ${text}`);
}

/** A sign besides the word, so that the few that are lost are found at a glance without their colour. */
function fillState(cell: HTMLTableCellElement, row: FleetRow, text: string): void {
  const tag = cell.querySelector('span') ?? cell.appendChild(element('span'));
  const isFresh = row.state === 'connected' && stateWords(row) === 'live';
  const look = `state-tag ${row.state === 'connected' && !isFresh ? 'old' : row.state}`;
  if (tag.className !== look) tag.className = look;
  setText(tag, text);
}

function titleOf(host: FleetRow): string {
  const { name, hostname = '', version = '', detail, problem_codes: codes = [], agent } = host;
  return [
    hostname === '' || hostname === name ? name : `${name} (${hostname})`,
    version === '' ? '' : `ksmpilot ${version}`,
    detail,
    codes.join(', '),
    riskWords(host),
    agent === undefined ? 'This page is not connected to its agent: give --agent to ksmpilot web.' : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
