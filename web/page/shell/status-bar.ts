/** Who is watched, whether the figures are fresh, and what this reader lost. */

import { byId, setText } from '../dom.js';
import { bytes, count, duration, orUnknown } from '../format.js';
import { isCatchingUp, type PageState } from '../state.js';

/** Without a new sample for so long, and for three intervals, the figures are called old. */
const STALE_MS = 5_000;

export function updateStatusBar(state: PageState, nowMs: number): void {
  const { host, sample, link, ring } = state;
  const facts =
    host === undefined
      ? []
      : [host.hostname, `Linux ${host.kernel_release}`, `${count(host.cpus)} CPUs`, bytes(host.mem_total_bytes)];
  setText(byId('host'), facts.length === 0 ? '\u00a0' : facts.join(' · '));
  const { text, look } = linkText(state, nowMs);
  const node = byId('link');
  node.dataset['look'] = look;
  node.title = link === 'agent-lost' ? state.linkDetail : '';
  const label = node.lastElementChild;
  if (label !== null) setText(label, text);
  document.documentElement.classList.toggle('is-lost', link === 'agent-lost' || link === 'gateway-lost');
  const parts = [
    `ksmpilot ${orUnknown(host?.ksmpilot_version)}`,
    `bpftrace ${orUnknown(host?.bpftrace_version)}`,
    `events lost by bpftrace: ${count(sample?.lost_events_total)}`,
    `samples lost because this browser read too slowly: ${count(sample?.dropped)}`,
    `${count(ring.length)} samples held`,
  ];
  setText(byId('footer'), host === undefined ? '\u00a0' : parts.join(' · '));
}

function linkText(state: PageState, nowMs: number): { text: string; look: string } {
  const { link, sample, ring } = state;
  if (link === 'connecting') return { text: 'connecting', look: 'wait' };
  if (link === 'gateway-lost') return { text: 'ksmpilot does not answer; trying again', look: 'lost' };
  if (link === 'agent-lost') {
    return { text: 'agent lost; trying again', look: 'lost' };
  }
  if (sample === undefined) return { text: 'waiting for the first sample', look: 'wait' };
  if (isCatchingUp(state)) return { text: 'catching up', look: 'wait' };
  const age = nowMs - sample.time_ms;
  const interval = ring.length < 2 ? 0 : ring.timeAt(ring.length - 1) - ring.timeAt(ring.length - 2);
  if (age > Math.max(STALE_MS, 3 * interval)) return { text: `no sample for ${duration(age)}`, look: 'lost' };
  return { text: 'live', look: 'live' };
}
