/** The charts of the host in a view: its samples, its marks, and a word where the past is not there. */

import { element, setText } from '../dom.js';
import { Happenings } from '../past/happenings.js';
import type { App } from '../view.js';
import { ChartGroup } from './chart-group.js';
import type { Panel } from './panel.js';
import { RingSource } from './source.js';
import type { ChartSpec } from './spec.js';

export class HostCharts {
  readonly happenings: Happenings;
  /** Other groups of the view go by its span. */
  readonly group: ChartGroup;
  readonly #notice = element('p', {
    class: 'notice at-foot',
    role: 'status',
    'data-testid': 'past-notice',
    hidden: '',
  });

  constructor(app: App, root: HTMLElement) {
    this.happenings = new Happenings(app);
    root.append(this.#notice);
    const source = new RingSource({ app, ring: app.state.ring });
    this.group = new ChartGroup({ app, source, marks: this.happenings.marks });
  }

  add(root: HTMLElement, spec: ChartSpec): Panel {
    return this.group.add(root, spec);
  }

  update(): void {
    this.happenings.want();
    this.group.update();
    const { shortage } = this.group;
    this.#notice.hidden = shortage === '';
    if (shortage !== '') setText(this.#notice, `${shortage} The charts show what the agent holds in memory.`);
  }

  unmount(): void {
    this.happenings.stop();
    this.group.unmount();
  }
}
