/** The writable files of /sys/kernel/mm/ksm that ksmpilot shows and keeps in a baseline. Absent: not on this kernel. */
export interface KnobValues {
  readonly run?: number;
  readonly pages_to_scan?: number;
  readonly sleep_millisecs?: number;
  readonly smart_scan?: number;
  readonly use_zero_pages?: number;
  readonly merge_across_nodes?: number;
  readonly max_page_sharing?: number;
  readonly advisor_mode?: string;
}

/** Knobs found before our first write. */
export interface Baseline {
  readonly bootId: string;
  readonly savedAtMs: number;
  readonly knobs: KnobValues;
  /** What we last wrote, by knob: restore touches only knobs that still hold it. */
  readonly written: KnobValues;
  /**
   * What the knob held when a write to it was recorded, until that write is known to be done: a kill in between leaves
   * the knob at this value, which is ours as well.
   */
  readonly previous?: KnobValues;
}

export interface RestoreReport {
  readonly restored: readonly { readonly knob: string; readonly from: string; readonly to: string }[];
  /** Knobs not put back, each a sentence with the reason; what else is to be said of the restore as well. */
  readonly left: readonly string[];
  /** Names of the knobs among them whose reading or writing failed: the baseline is kept for another try. */
  readonly failed?: readonly string[];
}
