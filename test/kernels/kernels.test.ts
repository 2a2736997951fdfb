import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GuestResult, bootGuest, chosenGuests, keepResult, nameOf } from './boot.js';
import { BREAKS, MACHINE, MUTED, PAGES, STOPPED, UNMERGED, ZERO } from './counts.js';
import { ROUNDS, type RoundReport } from './inside/report.js';

/** All of these are breaks in the kernel's own cow_ksm. */
const BY_USER = BREAKS.user + BREAKS.forked + BREAKS.threads;
const BY_KERNEL = BREAKS.read;
const BY_REMOTE = BREAKS.self + BREAKS.remote;
const BY_PIN = BREAKS.direct + BREAKS.populated;
const ALL = BY_USER + BY_KERNEL + BY_REMOTE + BY_PIN + UNMERGED;

/** `npm run test:kernels` runs more than a run of all tests has time for. */
const ALL_ROUNDS = process.env.KSMPILOT_TEST_GUESTS !== undefined;

/** Packages that cannot be had are a failure where the test was asked for, else a skip that says so. */
const REQUIRED = process.env.CI === 'true' || ALL_ROUNDS;

describe.each(chosenGuests().map((guest) => [nameOf(guest), guest] as const))(
  'kernel and bpftrace %s',
  (_name, guest) => {
    let result: GuestResult | undefined;
    let obstacle = '';

    beforeAll(async () => {
      try {
        result = await bootGuest(guest, ALL_ROUNDS ? [...ROUNDS, 'muted'] : ROUNDS);
        keepResult(result);
      } catch (error) {
        if (REQUIRED) throw error;
        obstacle = error instanceof Error ? error.message : String(error);
        process.stderr.write(`SKIPPED kernel ${guest.kernel}: ${obstacle}\n`);
      }
    }, 20 * 60_000);

    beforeEach(({ skip }) => {
      if (result === undefined) skip(obstacle);
    });

    it('is the kernel that was meant', () => {
      expect(result?.facts.release).toMatch(new RegExp(`^${guest.kernel.replace('.', '\\.')}\\.`));
      expect(result?.facts.pagingLevels).toBe(guest.levels);
    });

    if (ALL_ROUNDS) {
      it('finds out tiers that attach and see nothing, and counts with the next', () => {
        if (result?.muted === undefined) throw new Error(result?.failed.find(({ failed }) => failed === 'muted')?.why);
        expect(result.muted.detail).toMatch(/no fentry: .*no kprobe: /);
        expect(result.muted.cowTier).toBe('tracepoint');
        expect(result.muted.growth).toMatchObject({ attributed: MUTED.counted, cow_ksm: MUTED.counted });
      });

      it('says that a kernel locked down for confidentiality forbids the probes, and goes on without', async () => {
        const { failed } = await bootGuest(guest, ['best'], 'lockdown=confidentiality');
        expect(failed).toHaveLength(1);
        expect(failed[0]?.why).toContain('PROBE_UNSUPPORTED: the kernel is locked down (confidentiality)');
      }, 300_000);
    }

    describe.each(ROUNDS)('with the %s tier', (round) => {
      let report: RoundReport;

      beforeEach(() => {
        const found = result?.rounds.find((one) => one.round === round);
        if (found === undefined) throw new Error(result?.failed.find(({ failed }) => failed === round)?.why);
        report = found;
      });

      it('runs the tier that it should, and says why no better one', () => {
        if (round === 'best') expect(['fentry', 'kprobe']).toContain(report.cowTier);
        else expect(report.cowTier).toBe(round);
        const cow = report.states.find(({ name }) => name === 'cow');
        expect(cow?.state).toBe('running');
        if (round !== 'best') expect(cow?.detail).toContain('refused by the test');
        expect([report.lostEvents, report.unparsedLines]).toEqual([0, 0]);
      });

      it('charges every break that it can see to its process and kind', () => {
        const { growth, first, child, second } = report.breaks;
        expect(growth.cow_ksm).toBe(ALL);
        expect({ child, second }).toEqual({ child: BREAKS.forked, second: BREAKS.threads });
        if (report.cowTier === 'tracepoint') {
          expect(growth).toMatchObject({ byUser: BY_USER, byKernel: BY_KERNEL, byGuest: 0, zero: 0 });
          expect(growth.attributed).toBe(BY_USER + BY_KERNEL);
          expect(first).toBe(BREAKS.user + BREAKS.read);
          return;
        }
        expect(growth).toEqual({
          attributed: ALL,
          byUser: BY_USER,
          byKernel: BY_KERNEL,
          byGuest: 0,
          byRemote: BY_REMOTE,
          byUnmerge: UNMERGED,
          byPin: BY_PIN,
          zero: 0,
          cow_ksm: ALL,
        });
        expect(first).toBe(ALL - BREAKS.forked - BREAKS.threads);
      });

      it('sees run=2 unmerge the rest, or leaves it unattributed', () => {
        const seen = report.cowTier === 'tracepoint' ? 0 : STOPPED;
        expect(report.stop).toMatchObject({ cow_ksm: STOPPED, attributed: seen, byUnmerge: seen });
      });

      it('times the life of each merge that it saw, and the break where it can', () => {
        const { growth, lifetimes, serviceTimes } = report.breaks;
        // The fork child's pages were merged under its parent's name, and an unmerge is no write.
        expect(lifetimes).toBe(growth.attributed - growth.byUnmerge - BREAKS.forked);
        expect(serviceTimes).toBe(report.cowTier === 'tracepoint' ? 0 : growth.attributed);
      });

      it('counts zero pages apart, where the kernel does', () => {
        if (guest.kernel === '6.1') {
          expect(report.zeroPages).toBeUndefined(); // ksm_zero_pages came with 6.6
          return;
        }
        expect(report.zeroPages?.growth).toMatchObject({ attributed: 0, zero: ZERO.user + ZERO.read, cow_ksm: 0 });
        expect(report.zeroPages).toMatchObject({ merges: ZERO.pages, charged: ZERO.user + ZERO.read });
      });

      it("charges a virtual machine's writes to it, and those of its process not twice", () => {
        const all = MACHINE.guest + MACHINE.user + MACHINE.read;
        expect(report.machine?.growth).toMatchObject({ attributed: all, cow_ksm: all, byGuest: MACHINE.guest });
        expect(report.machine?.growth).toMatchObject({ byUser: MACHINE.user, byKernel: MACHINE.read });
        expect(report.machine?.charged).toBe(all);
      });

      it('counts full scans and merges as the kernel does', () => {
        const { kernel, mergesOfFirst, ...growth } = report.scanner;
        expect(kernel).toMatchObject({ shared: PAGES + BREAKS.remote, sharing: PAGES + BREAKS.remote });
        expect(growth).toEqual({
          fullScans: kernel.fullScans,
          mergesNew: kernel.shared,
          mergesInto: kernel.sharing,
          entered: 2,
          exited: 4, // two fork children left too
        });
        expect(mergesOfFirst).toBe(PAGES + BREAKS.remote);
      });
    });
  },
);
