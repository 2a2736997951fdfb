/** What the scanner does now and did in the range, in words. Pure. */

import { bytes, count, duration, nanoseconds, percent, short } from '../../format.js';
import { cpuPer, plannedRate, type ScanSummary } from '../../scans.js';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';

export interface Fact {
  readonly title: string;
  readonly value: string;
  readonly means: string;
}

/** What the knobs ask for and what ksmd makes of it, one sentence. */
export function batchSentence(sample: SampleFrame__Output | undefined): string {
  const knobs = sample?.knobs;
  if (knobs === undefined || knobs === null) return 'Waiting for the first sample.';
  const { run, pages_to_scan: pages, sleep_millisecs: sleepMs } = knobs;
  if (run === 0) return 'ksmd is stopped (run is 0).';
  if (run === 2) return 'ksmd is stopped and everything is unmerged (run is 2).';
  if (pages === undefined || sleepMs === undefined) return 'What the knobs ask for is not known.';
  const asked = `${count(pages)} pages a batch, ${duration(sleepMs)} of sleep after each`;
  const planned = plannedRate([run ?? null, pages, sleepMs]);
  const measured = sample?.scan_pages_per_sec;
  if (planned === null || measured === undefined) return `${asked}: ${rate(measured)} measured.`;
  if (measured <= 0) return `${asked}: at most ${rate(planned)}; none are scanned now.`;
  const batchMs = (pages / measured) * 1_000 - sleepMs;
  const time = batchMs > 0 ? `; a batch takes about ${duration(batchMs)}` : '';
  return `${asked}: at most ${rate(planned)}, ${rate(measured)} measured (${percent((100 * measured) / planned)})${time}.`;
}

function rate(pagesPerSec: number | undefined): string {
  return `${short(pagesPerSec)} pages/s`;
}

/** The same facts on every host, so that nothing moves. */
export function scannerFacts(sample: SampleFrame__Output | undefined, scans: ScanSummary | undefined): readonly Fact[] {
  const cpu = sample?.ksmd_cpu_pct ?? null;
  const perPage = cpuPer([cpu, sample?.scan_pages_per_sec ?? null]);
  const perMerge = cpuPer([cpu, sample?.merges_per_sec ?? null]);
  const micro = (value: number | null): string => nanoseconds(value === null ? null : value * 1_000);
  const ofScans = (value: number | undefined): string => count(value);
  return [
    {
      title: 'Full scans in this time',
      value: ofScans(scans?.scans),
      means: 'Walks over all mergeable memory that ended',
    },
    { title: 'Half of them took up to', value: duration(scans?.medianMs), means: 'Median duration' },
    { title: 'The longest took', value: duration(scans?.longestMs), means: 'Includes pauses with run=0' },
    { title: 'CPU in them', value: duration(scans?.cpuMs), means: "ksmd's CPU time" },
    {
      title: 'Merges in them',
      value: ofScans(scans?.merges),
      means: 'New, into existing KSM pages, and to the zero page',
    },
    { title: 'Merges that failed', value: ofScans(scans?.failures), means: 'The kernel gave up' },
    { title: 'Records removed', value: ofScans(scans?.removals), means: 'rmap items of pages that went away' },
    { title: 'CPU for a page, now', value: micro(perPage), means: "ksmd's CPU over pages scanned" },
    { title: 'CPU for a merge, now', value: micro(perMerge), means: "ksmd's CPU over pages merged" },
    { title: 'Scanned without an equal', value: bytes(sample?.unshared_bytes), means: 'pages_unshared' },
    { title: 'Changing too fast, or skipped', value: bytes(sample?.volatile_bytes), means: 'pages_volatile' },
  ];
}
