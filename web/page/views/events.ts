/** What happened: full scans, processes that came and went, knobs moved, probes, mode. */

import { element, refill } from '../dom.js';
import { clock } from '../format.js';
import type { PageState } from '../state.js';

const MAX_LINES = 100;

const TAGS: Readonly<Record<string, string>> = {
  EVENT_KIND_FULL_SCAN: 'full scan',
  EVENT_KIND_PROCESS_ENTERED: 'entered',
  EVENT_KIND_PROCESS_LEFT: 'left',
  EVENT_KIND_KNOB_CHANGED: 'knob',
  EVENT_KIND_PROBE_STATE: 'probe',
  EVENT_KIND_MODE: 'mode',
};

export class EventsView {
  readonly #list = element('ol', { class: 'log', 'data-testid': 'events' });

  mount(root: HTMLElement): void {
    root.append(
      element(
        'section',
        { class: 'panel full', 'aria-labelledby': 'events-title' },
        element('h2', { id: 'events-title' }, 'Events'),
        element(
          'div',
          { class: 'scroll low', tabindex: '0', role: 'region', 'aria-label': 'List of events' },
          this.#list,
        ),
      ),
    );
  }

  update({ events }: PageState): void {
    const lines = events.slice(0, MAX_LINES);
    const key = lines.map(({ event, times }) => `${event.time_ms}/${event.seq}/${times}`).join(' ');
    refill(this.#list, key === '' ? 'none' : key, () => {
      if (lines.length === 0) return [element('li', { class: 'none' }, 'Nothing has happened yet.')];
      return lines.map(({ event, text }) =>
        element(
          'li',
          {},
          element('span', { class: 'time' }, clock(event.time_ms)),
          ' ',
          element('span', { class: 'tag' }, TAGS[event.kind] ?? 'other'),
          ' ',
          withoutTag(text, event.kind),
        ),
      );
    });
  }
}

/** The tag is not said twice: `probe | cow running`, not `probe | probe cow running`. */
function withoutTag(text: string, kind: string): string {
  const tag = `${TAGS[kind] ?? ''} `;
  return text.startsWith(tag) ? text.slice(tag.length) : text;
}
