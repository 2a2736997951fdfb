/** One sentence for people per event. Pure. */

import type { AgentEventBody } from './event.js';
import type { GuestPolicyStep } from './guest-policy.js';

export function eventText(event: AgentEventBody): string {
  switch (event.kind) {
    case 'full-scan': {
      const { seq, durationUs, cpuUs, rmapItems, mergesNew, mergesInto, mergesZero } = event.scan;
      const merges = mergesNew + mergesInto + mergesZero;
      return `full scan ${seq}: ${seconds(durationUs)} s, ${seconds(cpuUs)} s of CPU, ${rmapItems} rmap items, ${merges} merges`;
    }
    case 'entered':
      return `${event.comm} (${event.pid}) offered memory to KSM`;
    case 'exited':
      return `${event.comm} (${event.pid}) left KSM`;
    case 'knob':
      return `${event.change.knob} ${event.change.from} -> ${event.change.to} by ${event.change.by}`;
    case 'decision':
      return `${event.record.decision.phase}: ${event.record.decision.reason}`;
    case 'probe-state':
      return `probe ${event.probe.name} ${event.probe.state}${event.probe.detail === '' ? '' : `: ${event.probe.detail}`}`;
    case 'mode':
      return `mode ${event.mode}`;
    case 'guest-policy':
      return policyText(event.step);
    case 'side-channel':
      return event.step.what === 'suspicious'
        ? `${event.step.name} is suspicious of reading others by write timing: ${event.step.text}`
        : `${event.step.name} is no longer suspicious of reading others by write timing: ${event.step.text}`;
  }
}

function policyText({ name, what, rule, reason }: GuestPolicyStep): string {
  const because = reason === '' ? '' : `: ${reason}`;
  const by = rule === undefined ? '' : ` (${rule})`;
  switch (what) {
    case 'off':
      return `merging of ${name} switched off${by}${because}`;
    case 'restored':
      return `merging of ${name} put back${by}${because}`;
    case 'would-off':
      return `merging of ${name} would be switched off in auto mode${by}${because}`;
    case 'would-restore':
      return `merging of ${name} would be put back in auto mode${by}${because}`;
    case 'soon':
      return `merging of ${name} will be switched off if it goes on so${by}${because}`;
    case 'by-hand':
      return `merging of ${name} is not to be, and cannot be switched from here${by}${because}`;
    case 'left':
      return `merging of ${name} is left as an operator set it${by}${because}`;
    case 'failed':
      return `merging of ${name} was not switched${by}${because}`;
  }
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(3);
}
