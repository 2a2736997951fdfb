/**
 * `smart_scan` as an actuator. It passes over pages that did not merge, ever longer, and takes them out of the unstable
 * tree meanwhile: two equal pages that aged in different phases may never meet (docs/smart-scan.md). Held at 0 for the two
 * full scans of a burst or look, every page is in the tree together with every other; then it goes back to what it was.
 */

export interface SmartScanState {
  /** The operator's value, as seen while it was not held by us; null: no such file, or not ours to move. */
  readonly found: number | null;
  /** 0 was asked for, and the knob was not yet seen back at what it was. */
  readonly held: boolean;
}

export const initialSmartScan: SmartScanState = { found: null, held: false };

/** @param observed absent where the kernel has none or the settings leave it alone */
export function updateSmartScan(state: SmartScanState, observed: number | undefined): SmartScanState {
  return state.held && observed !== undefined ? state : { found: observed ?? null, held: false };
}

/** May it be held at 0? Only where it was 1: where the operator has it at 0, every page is visited anyway. */
export function canUnskip(state: SmartScanState): boolean {
  return state.found === 1;
}

/** What the knob should be; undefined: leave it. */
export function wantedSmartScan(state: SmartScanState, unskip: boolean): number | undefined {
  return canUnskip(state) ? (unskip ? 0 : 1) : undefined;
}

export function holdSmartScan(state: SmartScanState, unskip: boolean, observed: number | undefined): SmartScanState {
  if (!canUnskip(state)) return state;
  return { ...state, held: unskip || (state.held && observed !== state.found) };
}
