/** What of KSM's switches decides how much merging saves. */
export interface MergeRules {
  /** Mappings that one KSM page serves (`max_page_sharing`); of a content with more copies it keeps several pages. */
  readonly maxPageSharing: number;
  /** Are pages of zeros mapped to the kernel's own zero page (`use_zero_pages`)? */
  readonly useZeroPages: boolean;
}

/** Pages that merging saves of so many copies of one content. */
export function savedOf(copies: number, rules: MergeRules, zero: boolean): number {
  if (zero && rules.useZeroPages) return copies;
  return copies - Math.ceil(copies / rules.maxPageSharing);
}
