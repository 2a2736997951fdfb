/** COW breaks: how many, whose, how long merges lasted, and how the figures come about. */

import { breaksSentence } from '../../breaks.js';
import { HistogramPanel } from '../../charts/histogram-panel.js';
import { HostCharts } from '../../charts/host-charts.js';
import { element } from '../../dom.js';
import type { View } from '../../view.js';
import { BreaksByGuest } from './by-guest.js';
import { BREAKS_CHARTS, HISTOGRAMS } from './specs.js';
import { DutyFacts } from './duty.js';
import { WritersView } from './writers.js';

export const breaksView: View = {
  id: 'breaks',
  title: 'COW breaks',
  inNavigation: true,
  mount(root, app) {
    const charts = new HostCharts(app, root);
    const grid = element('div', { class: 'grid' });
    root.append(grid);
    const byGuest = new BreaksByGuest(app, charts);
    byGuest.mount(grid);
    const writers = new WritersView();
    grid.append(writers.root);
    const panels = BREAKS_CHARTS.map((spec) => ({ spec, panel: charts.add(grid, spec) }));
    const duty = new DutyFacts();
    grid.append(duty.root);
    const histograms = HISTOGRAMS.map((spec) => new HistogramPanel(grid, spec));
    return {
      update(state) {
        charts.update();
        byGuest.update();
        writers.update(state);
        duty.update(state);
        for (const { spec, panel } of panels) if (spec.id === 'breaks') panel.showNote(breaksSentence(state.sample));
        for (const histogram of histograms) histogram.update(state);
      },
      unmount() {
        charts.unmount();
        byGuest.unmount();
        for (const histogram of histograms) histogram.unmount();
      },
    };
  },
};
