/** What stands in place of an empty table: why it is empty, and what to do. */

import { element, refill } from '../../dom.js';
import type { PageState } from '../../state.js';
import { search } from './search.js';

/** How memory is offered, by who runs the guest. */
const WAYS = [
  { who: 'libvirt', how: 'offers by itself; ', code: '<nosharepages/>', after: ' in <memoryBacking> would forbid it' },
  { who: 'QEMU', how: 'offers by itself; ', code: '-machine mem-merge=off', after: ' would forbid it' },
  { who: 'systemd services', how: 'set ', code: 'MemoryKSM=yes', after: ' (systemd 254, Linux 6.4)' },
  {
    who: 'others',
    how: 'call ',
    code: 'prctl(PR_SET_MEMORY_MERGE, 1)',
    after: ' in the launcher (Linux 6.4), or madvise',
  },
] as const;

export class EmptyGuests {
  readonly root = element('div', { class: 'nothing', hidden: '', 'data-testid': 'guests-empty' });
  readonly #clear: () => void;

  /** @param clear empties the search */
  constructor(clear: () => void) {
    this.#clear = clear;
  }

  update({ guests, processes, host }: PageState, table: string, text: string): void {
    const isGuests = table === 'guests';
    const all = isGuests ? guests?.guests : host === undefined ? undefined : processes;
    const isSought = text.trim() !== '';
    const found = isGuests && isSought ? search(guests?.guests ?? [], text).length : (all?.length ?? 0);
    const look =
      all === undefined ? 'waiting' : all.length === 0 ? 'none' : isSought && found === 0 ? 'not found' : 'some';
    this.root.hidden = look === 'some' || look === 'waiting';
    refill(this.root, `${look} ${table} ${look === 'not found' ? text : ''}`, () =>
      look === 'none' ? none(isGuests) : look === 'not found' ? this.#notFound(text) : [],
    );
  }

  #notFound(text: string): Node[] {
    const button = element('button', { type: 'button' }, 'Show all');
    button.addEventListener('click', this.#clear);
    return [element('p', {}, `No guest matches “${text.trim()}”.`), button];
  }
}

function none(isGuests: boolean): Node[] {
  const heading = isGuests
    ? 'No machine runs here, and nobody has offered memory for merging.'
    : 'No process has offered memory for merging.';
  return [
    element('p', { class: 'strong' }, heading),
    element('p', {}, 'KSM merges only what is offered to it. How that is done:'),
    element(
      'dl',
      { class: 'ways' },
      ...WAYS.flatMap(({ who, how, code, after }) => [
        element('dt', {}, who),
        element('dd', {}, how, element('code', {}, code), after),
      ]),
    ),
    element('p', {}, 'To see the page at work without a guest: ', element('code', {}, 'ksmpilot run --demo'), '.'),
  ];
}
