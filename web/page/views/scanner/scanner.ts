/** What ksmd does: batches, full scans, what a page costs, what failed, and the knobs. */

import { ChartGroup } from '../../charts/chart-group.js';
import { HostCharts } from '../../charts/host-charts.js';
import { ScanSource } from '../../charts/scan-source.js';
import { element, setText } from '../../dom.js';
import { SCAN_COLUMNS, summaryOf } from '../../scans.js';
import type { View } from '../../view.js';
import { FactsTable } from '../facts-table.js';
import { batchSentence, scannerFacts } from './facts.js';
import { SCAN_CHARTS, SCANNER_CHARTS } from './specs.js';

/** All scans of the range: no thinning. */
const ALL = 1e6;

export const scannerView: View = {
  id: 'scanner',
  title: 'Scanner',
  inNavigation: true,
  mount(root, app) {
    const batches = element('p', { class: 'sentence', 'data-testid': 'batches' }, '\u00a0');
    const facts = new FactsTable('scanner-facts', ['Scanner', 'Value']);
    const charts = new HostCharts(app, root);
    const grid = element('div', { class: 'grid' });
    root.append(grid);
    const scans = new ScanSource(app);
    const perScan = new ChartGroup({ app, source: scans, marks: charts.happenings.marks, like: charts.group });
    const [first, ...others] = SCANNER_CHARTS;
    if (first !== undefined) charts.add(grid, first);
    for (const spec of SCAN_CHARTS) perScan.add(grid, spec);
    for (const spec of others) charts.add(grid, spec);
    grid.append(
      element(
        'section',
        { class: 'panel', 'aria-labelledby': 'scanner-facts-title' },
        element('h2', { id: 'scanner-facts-title' }, 'In figures'),
        batches,
        facts.root,
      ),
    );
    return {
      update({ sample }) {
        charts.update();
        perScan.update();
        setText(batches, batchSentence(sample));
        const { fromMs, toMs } = perScan.span;
        const { values } = scans.read(SCAN_COLUMNS, fromMs, toMs, ALL);
        facts.update(scannerFacts(sample, summaryOf(values)));
      },
      unmount() {
        charts.unmount();
        perScan.unmount();
      },
    };
  },
};
