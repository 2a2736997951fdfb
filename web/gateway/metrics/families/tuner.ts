/** Metrics of the tuner: how far it may go, what it decided, whether it foresaw right. Pure. */

import type { Mode } from '../../../../proto/generated/ksmpilot/v1/Mode.js';
import { flag, labelled, single, states, times, type Family } from '../family.js';

const MODES: Readonly<Partial<Record<Mode, string>>> = {
  MODE_OBSERVE: 'observe',
  MODE_ADVISE: 'advise',
  MODE_AUTO: 'auto',
};

export const TUNER_FAMILIES: readonly Family[] = [
  labelled(
    'gauge',
    'ksmpilot_tuner_mode',
    'How far the tuner may go: 1 for the present mode, 0 for the others.',
    ['mode'],
    ({ status }) => states('mode', Object.values(MODES), status === undefined ? undefined : MODES[status.mode]),
  ),
  single('gauge', 'ksmpilot_tuner_paused', '1 between Pause and Resume.', ({ status }) => flag(status?.paused)),
  labelled(
    'gauge',
    'ksmpilot_tuner_phase',
    'Phase of the newest decision: 1 for that one, 0 for the others; absent in observe mode.',
    ['phase'],
    ({ status, tuner }) =>
      states('phase', tuner?.phases.map(({ phase }) => phase) ?? [], status?.decision?.phase ?? undefined),
  ),
  labelled(
    'counter',
    'ksmpilot_tuner_decisions_total',
    'Decisions by phase, since the start of the agent.',
    ['phase'],
    ({ tuner }) => (tuner?.phases ?? []).map(({ phase, decisions }) => ({ labels: { phase }, value: decisions })),
  ),
  labelled(
    'counter',
    'ksmpilot_tuner_decisions_written_total',
    'Those whose changes were written to the knobs.',
    ['phase'],
    ({ tuner }) => (tuner?.phases ?? []).map(({ phase, written }) => ({ labels: { phase }, value: written })),
  ),
  labelled(
    'counter',
    'ksmpilot_tuner_expectations_total',
    'What decisions foresaw and what became of it: came true (held) or not (missed).',
    ['outcome'],
    ({ tuner }) => [
      { labels: { outcome: 'held' }, value: tuner?.expectations_held },
      { labels: { outcome: 'missed' }, value: tuner?.expectations_missed },
    ],
  ),
  single(
    'gauge',
    'ksmpilot_tuner_knobs_moved',
    '1 where ksmpilot has written knobs and keeps what they were before, to put them back.',
    ({ tuner }) => (tuner === undefined ? undefined : flag(tuner.baseline !== null)),
  ),
  single(
    'gauge',
    'ksmpilot_tuner_max_cpu_cores',
    'Most CPU that the tuner lets ksmd take (tuner.maxCpuPct).',
    ({ tuner }) => times(tuner?.settings?.max_cpu_pct, 0.01),
  ),
];
