// When two equal pages meet under the rule by which the kernel skips pages, and under rules that it could have: the figures
// of docs/smart-scan.md, "What the kernel could do". A model of two pages; needs no root and touches nothing.
// Usage: node bench/smart-scan-rules.mjs
const OFFSETS = 60;
const AGE = 32;
const WATCH = 400;
/** All of: the full scan to start at, the checksum before, the one that makes them equal; each modulo 8. */
const PHASES = 8 ** 3;

/** Whether ksmd looks at a page of that age (visits before this one) in full scan `scan`. May keep state in the page. */
const RULES = {
  'today: a countdown of 1, 2, 4, 8 in each page': countdown,
  'the same, age and countdown reset when the checksum has changed': countdown,
  'phase from the content: (scan + checksum) % period': (page, age, scan) =>
    (scan + (page.seen ?? 0)) % period(age) === 0,
  'phase from the full scan: scan % period': (page, age, scan) => scan % period(age) === 0,
};

for (const [name, looksAt] of Object.entries(RULES)) {
  const reset = name.includes('reset');
  const columns = [false, true].map((aged) => {
    let worst = 0;
    const never = [];
    for (let offset = 0; offset < OFFSETS; offset += 1) {
      let longest = 0;
      for (let phase = 0; phase < PHASES; phase += 1)
        longest = Math.max(longest, meeting({ looksAt, reset, aged, offset, phase }));
      if (longest === Infinity) never.push(offset);
      else worst = Math.max(worst, longest);
    }
    return `${aged ? 'aged' : 'later'}: within ${worst}, never at ${never.length} of ${OFFSETS} offsets`;
  });
  console.log(`${name}\n  ${columns.join('\n  ')}\n  looks in 1000 full scans: ${looks(looksAt)}`);
}

function countdown(page, age) {
  if (page.skips === 0) {
    page.skips = age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
    return true;
  }
  page.skips -= 1;
  return false;
}

function period(age) {
  return age <= 5 ? 2 : age <= 8 ? 4 : 8;
}

function isDue(page, looksAt, scan) {
  const age = page.age;
  page.age = Math.min(age + 1, 255);
  return age < 3 || looksAt(page, age, scan);
}

/** Full scans from the moment when there are two equal pages until they meet; Infinity: not within WATCH. */
function meeting({ looksAt, reset, aged, offset, phase }) {
  const [start, before, after] = [phase >> 6, phase & 7, 16 + ((phase >> 3) & 7)];
  const pages = [0, 3].map((differs) => ({
    age: 0,
    skips: 0,
    seen: undefined,
    checksum: aged ? before + differs : after,
  }));
  const equal = aged ? offset + AGE : 0;
  for (let scan = 1; scan < equal + WATCH; scan += 1) {
    if (aged && scan === equal + 1) for (const page of pages) page.checksum = after;
    const searched = pages.filter((page, which) => {
      if (which === 1 && scan <= offset) return false;
      if (!isDue(page, looksAt, scan + start)) return false;
      if (page.seen === page.checksum) return true;
      page.seen = page.checksum;
      if (reset && page.age > 1) Object.assign(page, { age: 1, skips: 0 });
      return false;
    });
    if (searched.length === 2 && scan > equal) return scan - (aged ? equal : offset);
  }
  return Infinity;
}

function looks(looksAt) {
  const page = { age: 0, skips: 0, seen: 0 };
  return Array.from({ length: 1000 }, (_, scan) => isDue(page, looksAt, scan)).filter(Boolean).length;
}
