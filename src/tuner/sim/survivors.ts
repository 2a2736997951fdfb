/**
 * How many KSM pages are left when mappings are lost by chance. A KSM page lives as long as one mapping of it; how the
 * mappings are spread over the KSM pages is not kept, only their mean, and a distribution of that mean is supposed.
 */

const BISECTIONS = 40;

/**
 * @param ksmPages KSM pages in use
 * @param mappings mappings of them, at least as many
 * @param holders most mappings that one KSM page can have; Infinity where contents are drawn at random
 * @param kept part of the mappings that survive, 0 to 1
 * @returns KSM pages that keep at least one mapping
 */
export function ksmPagesLeft(ksmPages: number, mappings: number, holders: number, kept: number): number {
  if (ksmPages <= 0 || kept <= 0) return 0;
  const odds = oddsOf(mappings / ksmPages, holders);
  if (odds === null) return ksmPages * kept;
  return (ksmPages * present(odds * kept, holders)) / present(odds, holders);
}

/** Of the KSM pages in use, the part that has exactly one mapping. */
export function singles(ksmPages: number, mappings: number, holders: number): number {
  if (ksmPages <= 0) return 0;
  const odds = oddsOf(mappings / ksmPages, holders);
  if (odds === null) return 1;
  const one = holders === Infinity ? odds * Math.exp(-odds) : holders * odds * Math.max(0, 1 - odds) ** (holders - 1);
  return Math.min(1, one / present(odds, holders));
}

/** Probability that a content has a mapping: binomial over `holders`, or Poisson with mean `odds`. */
function present(odds: number, holders: number): number {
  return holders === Infinity ? -Math.expm1(-odds) : 1 - Math.max(0, 1 - odds) ** holders;
}

/** Solves mean mappings per KSM page in use = holders x odds / present(odds); null where every KSM page has one. */
function oddsOf(mean: number, holders: number): number | null {
  if (!(mean > 1 + 1e-9) || holders <= 1) return null;
  if (mean >= holders) return 1;
  const times = holders === Infinity ? 1 : holders;
  let low = 0;
  let high = holders === Infinity ? mean : 1;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if ((times * middle) / present(middle, holders) < mean) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
