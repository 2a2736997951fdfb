/** The three figures that an operator looks for first. */

import { byId, setText } from '../dom.js';
import { bytes, percent, short, signedCores } from '../format.js';
import type { PageState } from '../state.js';
import { worthSentence } from '../worth.js';

/** Phases in which the tuner has no say in what the knobs are; undefined: before the first decision. */
const STANDING_STILL: ReadonlySet<string | undefined> = new Set([undefined, 'learning', 'hands-off', 'paused']);

export function updateHeadline({ sample, host, tuner, decisions }: PageState): void {
  const saved = sample?.saved_bytes;
  const total = host?.mem_total_bytes;
  setText(byId('saved'), bytes(saved));
  const share = saved === undefined || total === undefined ? undefined : (100 * saved) / total;
  // The kernel takes off what broke or ended when ksmd next comes by.
  const asOf = sample?.knobs?.run === 0 ? '; as of the last scan' : '';
  setText(byId('saved-more'), `${percent(share)} of this host's memory; profit ${bytes(sample?.profit_bytes)}${asOf}`);
  setText(byId('cpu'), percent(sample?.ksmd_cpu_pct));
  setText(byId('cpu-more'), `of one core; scanning ${short(sample?.scan_pages_per_sec)} pages/s`);
  const net = sample?.net_cores;
  const rests = tuner?.mode === 'MODE_AUTO' && !tuner.paused && !STANDING_STILL.has(decisions.at(-1)?.phase);
  setText(byId('net'), net === undefined ? signedCores(net) : `${signedCores(net)} cores`);
  setText(byId('net-more'), worthSentence(sample, tuner?.settings?.gib_per_core, rests));
}
