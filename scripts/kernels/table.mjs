// @ts-check
/** docs/kernels.md, from what the guests of one run reported. Pure. */

/** @typedef {import('../../test/kernels/boot.js').GuestResult} GuestResult */

const HEAD = `# Kernels that were tested

<!-- Written by npm run test:kernels -- --write from its own run. -->

\`npm run test:kernels\` boots stock Debian kernels under QEMU's software emulation and runs the agent's probes in them, once
with every tier allowed and once for each tier with the better ones refused. A workload breaks KSM pages in every way there
is, in prime numbers: user writes, a fork child's, read(2), O_DIRECT, process_vm_writev, MADV_POPULATE_WRITE,
MADV_UNMERGEABLE, and run=2. \`cow_ksm\` is the kernel's own count of the same time.
`;

const NOTES = `
- *attributed*: breaks charged to a process and a kind. *rest*: \`cow_ksm\` less these. The entry tiers (fentry, kprobe) leave
  none; the tracepoint tier cannot see breaks without a page fault, and the rest is exactly those.
- *zero pages*: writes to zero pages that KSM placed, which no kernel counts in \`cow_ksm\`; before Linux 6.6 a kernel does not
  tell such pages from others.
- *VM*: writes of a KVM guest, in a machine of the test's own (\`/dev/kvm\` on an emulated AMD CPU), charged of those made.
- With the kernel's function tracer switched off (\`kernel.ftrace_enabled=0\`), fentry and kprobes attach and never fire. In
  each of these guests the agent found that out by \`cow_ksm\` and went on with the tracepoint tier, which then counted all.
- Booted with \`lockdown=confidentiality\`, it said so and ran without probes.
- *scans*: full scans that the scanner saw, of those in \`full_scans\`. *merges*: those it charged, of those the kernel counts.
`;

/**
 * @param {readonly GuestResult[]} results
 * @returns {string} the whole file
 */
export function kernelsMarkdown(results) {
  const qemu = [...new Set(results.map(({ versions }) => versions.qemu))].join(', ');
  return `${HEAD}
QEMU ${qemu}, \`-accel tcg -cpu max\`.

${tableOf(results)}
${NOTES}`;
}

/**
 * @param {readonly GuestResult[]} results
 * @returns {string} a Markdown table, one row a round
 */
export function tableOf(results) {
  const header = [
    ...['kernel', 'bpftrace', 'page tables', 'refused', 'COW tier', 'attributed', '`cow_ksm`', 'rest'],
    ...['zero pages', 'VM', 'scanner', 'scans', 'merges'],
  ];
  const rows = results.flatMap((result) => result.rounds.map((round) => rowOf(result, round)));
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * @param {GuestResult} result
 * @param {GuestResult['rounds'][number]} round
 */
function rowOf({ versions, facts }, round) {
  const attributed = round.breaks.growth.attributed + round.stop.attributed;
  const cowKsm = round.breaks.growth.cow_ksm + round.stop.cow_ksm;
  const { kernel } = round.scanner;
  const merges = round.scanner.mergesNew + round.scanner.mergesInto;
  const scanner = round.states.find(({ name }) => name === 'scanner')?.detail ?? '';
  return [
    versions.kernel,
    versions.bpftrace,
    `${facts.pagingLevels} levels`,
    { best: 'nothing', kprobe: 'fentry, ksm tracepoints', tracepoint: 'do_wp_page' }[round.round],
    round.cowTier,
    attributed,
    cowKsm,
    cowKsm - attributed,
    round.zeroPages === undefined ? 'not told apart' : round.zeroPages.charged,
    round.machine === undefined ? 'no /dev/kvm' : `${round.machine.charged} of ${round.machine.growth.cow_ksm}`,
    /^bpf\/\w+\.bt/.exec(scanner)?.[0] ?? scanner,
    `${round.scanner.fullScans} of ${kernel.fullScans}`,
    `${merges} of ${kernel.shared + kernel.sharing}`,
  ];
}
