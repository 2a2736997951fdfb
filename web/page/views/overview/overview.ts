/** What KSM saves, costs and is worth; is it healthy; what happened. */

import { HostCharts } from '../../charts/host-charts.js';
import { element } from '../../dom.js';
import type { View } from '../../view.js';
import { FeedList } from './feed.js';
import { Headline } from './headline.js';
import { OVERVIEW_CHARTS } from './specs.js';

export const overviewView: View = {
  id: 'overview',
  title: 'Overview',
  inNavigation: true,
  mount(root, app) {
    const headline = new Headline();
    headline.mount(root);
    const charts = new HostCharts(app, root);
    const grid = element('div', { class: 'grid even' });
    root.append(grid);
    for (const spec of OVERVIEW_CHARTS) charts.add(grid, spec);
    const feed = new FeedList(app, charts.happenings);
    feed.mount(root);
    return {
      update(state) {
        headline.update(state);
        charts.update();
        feed.update();
      },
      unmount: () => charts.unmount(),
    };
  },
};
