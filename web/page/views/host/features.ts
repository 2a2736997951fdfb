/** What this kernel's KSM offers. Pure. */

interface Feature {
  /** File of /sys/kernel/mm/ksm that shows it. */
  readonly file: string;
  readonly title: string;
  readonly means: string;
  /** First mainline kernel with it. */
  readonly since: string;
}

/** Kernel versions are those of the commits that added each file. */
const FEATURES: readonly Feature[] = [
  { file: 'run', title: 'KSM', means: 'merging at all', since: '2.6.32' },
  { file: 'merge_across_nodes', title: 'NUMA choice', means: 'merge between nodes or not', since: '3.9' },
  { file: 'use_zero_pages', title: 'Zero pages', means: 'empty pages go to the kernel’s zero page', since: '4.12' },
  { file: 'max_page_sharing', title: 'Sharing limit', means: 'most mappings of one KSM page', since: '4.13' },
  { file: 'general_profit', title: 'Profit', means: 'the kernel counts what its own records cost', since: '6.4' },
  { file: 'pages_scanned', title: 'Scan rate', means: 'pages scanned are counted', since: '6.6' },
  { file: 'ksm_zero_pages', title: 'Zero pages counted', means: 'what they save is known', since: '6.6' },
  { file: 'smart_scan', title: 'smart_scan', means: 'pages that did not merge are skipped', since: '6.7' },
  { file: 'advisor_mode', title: 'Advisor', means: 'the kernel’s own tuner', since: '6.8' },
];

export interface FeatureRow {
  readonly title: string;
  readonly file: string;
  readonly present: boolean;
  /** `pages that did not merge are skipped`; of what is missing also from when on it is there. */
  readonly means: string;
}

/** @param files of /sys/kernel/mm/ksm, as found */
export function featureRows(files: readonly string[]): readonly FeatureRow[] {
  const found = new Set(files);
  return FEATURES.map(({ file, title, means, since }) => {
    const present = found.has(file);
    return { title, file, present, means: present ? means : `${means}; comes with Linux ${since}` };
  });
}
