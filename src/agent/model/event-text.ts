/** One sentence for people per event. Pure. */

import type { AgentEventBody } from './event.js';

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
  }
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(3);
}
