/** What the watch says in words. Pure. */

import type { ProbeSnapshot } from '../model/probe.js';
import type { ProbeEvidence } from '../model/side-channel.js';

/** `oneIn`: of so many pages one was looked at. */
export function describeEvidence(evidence: ProbeEvidence, oneIn: number): string {
  const { returningPages, returns, sweepShare, periodSec, otherPages } = evidence;
  if (returningPages === 0) return 'no page of it came back to the content that it was merged with';
  const about = oneIn === 1 ? '' : ` (about ${returningPages * oneIn} in all: one in ${oneIn} is looked at)`;
  const pages = returningPages === 1 ? '1 page was' : `${returningPages} pages were`;
  return (
    `${pages}${about} written and merged again with the same content, which no other page of it has and somebody else ` +
    `holds: ${returns} times, about every ${seconds(periodSec)} s, up to ${Math.round(sweepShare * 100)} % of them ` +
    `within one second; ${otherPages} other ${otherPages === 1 ? 'page was' : 'pages were'} broken as often`
  );
}

/** Why no breaks of single pages come; `exact`: the setting probes.exact. */
export function describeAbsence(probes: ProbeSnapshot): string {
  const cow = probes.states.find(({ name }) => name === 'cow');
  if (probes.cow?.duty !== undefined) {
    return (
      'off: on this kernel COW breaks are counted in windows, and pages that come back need every one; ' +
      'set probes.exact (run --exact), which taxes every page fault'
    );
  }
  if (cow === undefined) return 'off: there is no probe for COW breaks';
  return `off: COW breaks are not traced: probe cow is ${cow.state}${cow.detail === '' ? '' : `: ${cow.detail}`}`;
}

function seconds(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
