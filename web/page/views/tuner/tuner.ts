/** The tuner: how far it may go, at what price, what it decided and believes, and what others would have done. */

import { element } from '../../dom.js';
import type { View } from '../../view.js';
import { DecisionLog } from './decisions.js';
import { EstimatesView } from './estimates.js';
import { KnobsView } from './knobs.js';
import { ModeControl } from './mode.js';
import { SettingsForm } from './settings.js';
import { whatIfPanel } from './what-if.js';

export const tunerView: View = {
  id: 'tuner',
  title: 'Tuner',
  inNavigation: true,
  mount(root, app) {
    const mode = new ModeControl(app);
    const settings = new SettingsForm(app);
    const decisions = new DecisionLog();
    const estimates = new EstimatesView();
    const knobs = new KnobsView();
    const whatIf = whatIfPanel(app);
    root.append(
      element(
        'div',
        { class: 'tuner-grid' },
        element('div', { class: 'column' }, mode.root, knobs.root, estimates.root),
        element('div', { class: 'column main' }, settings.root, decisions.root),
        whatIf.root,
      ),
    );
    return {
      update(state) {
        for (const part of [mode, settings, decisions, knobs, estimates]) part.update(state);
      },
      unmount: () => whatIf.stop(),
    };
  },
};
