/** What is wrong or missing on a host, each with its cure: problems, rivals, and probes that do not run. Pure. */

import type { Host__Output } from '../../../../proto/generated/ksmpilot/v1/Host.js';

export interface HostProblem {
  /** Of docs/errors.md. */
  readonly code: string;
  readonly what: string;
  readonly cure: string;
}

export function problemsOf({ problems, rivals, probes }: Host__Output): readonly HostProblem[] {
  const told = new Set(problems.map(({ code }) => code));
  return [
    ...problems.map(({ code, what, cure }) => ({ code, what, cure })),
    // The agent tells of rivals as a problem too; not twice.
    ...(told.has('RIVAL_ALIVE') ? [] : rivals).map((rival) => ({
      code: 'RIVAL_ALIVE',
      what: `${rival} moves the same knobs, so the tuner keeps its hands off.`,
      cure: 'Stop one of the two.',
    })),
    ...probes
      // Not needed: another program sees the same.
      .filter(({ state, detail }) => state !== 'running' && state !== 'starting' && !detail.startsWith('not needed'))
      .map(({ name, state, detail }) => ({
        code: `probe ${name}`,
        what: `The probe ${name} is ${state === 'off' ? 'switched off' : state}.`,
        cure: detail,
      })),
  ];
}
