import { describe, expect, it } from 'vitest';
import type { GuestIdentity } from '../../../src/agent/model/guest.js';
import { paintFor } from '../../../src/cli/format-colour.js';
import { whyJson, whyText } from '../../../src/cli/format-why.js';
import { withoutProcess } from '../../../src/agent/guest-control/find-guest.js';
import { registerWhy } from '../../../src/cli/why.js';
import { CASES } from '../../helpers/why-cases.js';
import { memoryIo, runCli } from '../../helpers/cli.js';
import { evidenceWith, HEALTHY, MIB_PAGES } from '../../helpers/why-evidence.js';

const STUCK = evidenceWith({
  memory: { offered: 0, unoffered: 1064 * MIB_PAGES, shared: 64 * MIB_PAGES },
  tally: { visited: 0, merged: 0 },
  options: { mergeOff: '-machine mem-merge=off' },
  ksm: { run: 0 },
  rivals: ['ksmtuned (pid 812)'],
});

const text = (evidence = HEALTHY): string => whyText(evidence, paintFor(memoryIo()));

describe('text', () => {
  it('numbers the reasons, each with size, evidence and cure, within 80 columns', () => {
    const shown = text(STUCK);
    expect(shown).toMatch(/^web \(qemu, pid 4711\)\n1\.1 GiB in memory, 0 B of it offered/);
    expect(shown).toMatch(/^1\. merge_option_off {2}1\.0 GiB$/m);
    expect(shown).toMatch(/^ {5}option +-machine mem-merge=off +\(cmdline\)$/m);
    expect(shown).toMatch(/^ {3}Cure: Start it without that option\. While it runs: `ksmpilot guest web merge$/m);
    expect(shown).toMatch(/^2\. shared {2}64\.0 MiB$/m);
    expect(shown).toMatch(/^4\. rival$/m);
    expect(shown).toContain('Sizes overlap');
  });

  it.each(CASES)('$code fits into 80 columns', ({ code, when }) => {
    const shown = text(when);
    expect(shown).toContain(`1. ${code}`);
    expect(shown.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('says where a figure is a bound or an estimate', () => {
    expect(text(evidenceWith({ ksm: { run: 0 } }))).toMatch(/^1\. ksm_stopped {2}at most 256\.0 MiB$/m);
    expect(text(evidenceWith({ look: { changed: 500 } }))).toMatch(/^1\. volatile {2}about 512\.0 MiB$/m);
  });

  it('says that nothing stands in the way, and where to look on', () => {
    expect(text().replaceAll('\n', ' ')).toContain(
      'Nothing stands in the way: 768 MiB of 1 GiB offered are merged, the rest had no equal',
    );
    expect(text()).toContain('ksmpilot estimate');
    const { offered } = HEALTHY.memory;
    expect(text(evidenceWith({ tally: { merged: offered } }))).toContain('all 1 GiB offered are merged.');
    const bare = evidenceWith({
      memory: { offered: 0, unoffered: 0, resident: 300 },
      tally: { merged: 0, visited: 0 },
    });
    expect(text(bare)).toContain('no private memory that KSM could take');
  });

  it('tells gaps and further processes, and prints names that cannot harm a terminal', () => {
    const shown = text(
      evidenceWith({
        guest: { name: 'a\u001b[2J', pids: [1, 2, 3], processesRead: 3 },
        gaps: ['Process 3 is left out: \u0007.'],
      }),
    );
    expect(shown).toContain('(qemu, pid 1 and 2 more)');
    expect(shown).toContain('Note: Process 3 is left out: ?.');
    expect(shown).not.toMatch(/[^\n -~]/);
  });
});

describe('JSON', () => {
  it('has every key, unknown as null', () => {
    const json = JSON.parse(JSON.stringify(whyJson({ ...HEALTHY, tally: {}, look: undefined }))) as object;
    expect(json).toEqual({
      guest: { name: 'web', kind: 'qemu', id: HEALTHY.guest.id, pids: [4711], processes_read: 1 },
      resident_bytes: 1100 * 2 ** 20,
      offered_bytes: 2 ** 30,
      merged_bytes: null,
      zero_bytes: null,
      unmerged_bytes: 2 ** 30,
      nothing_in_the_way: true,
      contents_looked_at: null,
      reasons: [],
      gaps: [],
    });
  });

  it('has each reason with all of its parts', () => {
    const { reasons, nothing_in_the_way } = whyJson(STUCK) as {
      reasons: Record<string, unknown>[];
      nothing_in_the_way: boolean;
    };
    expect(nothing_in_the_way).toBe(false);
    expect(reasons.map(({ code }) => code)).toEqual(['merge_option_off', 'shared', 'ksm_stopped', 'rival']);
    for (const reason of reasons) {
      expect(Object.keys(reason)).toEqual(['code', 'effect', 'sentence', 'evidence', 'cure', 'bytes', 'bound']);
    }
    expect(reasons[3]).toMatchObject({
      bytes: null,
      bound: null,
      evidence: [{ what: 'running', value: 'ksmtuned (pid 812)', unit: null, source: '/proc' }],
    });
  });
});

describe('its own process', () => {
  const guest: GuestIdentity = {
    ...{ kind: 'docker', name: 'web', id: 'web', identity: 'docker/web', key: 'docker/web#1.7' },
    ...{ pids: [7, 8], startTicks: 1, doubts: [] },
  };

  it('is left out of the container that it stands in', () => {
    expect(withoutProcess(guest, 8).pids).toEqual([7]);
    expect(withoutProcess(guest, 9)).toEqual(guest);
  });

  it('is no guest by itself', () => {
    expect(() => withoutProcess({ ...guest, pids: [8] }, 8)).toThrow('this very program');
  });
});

describe('command', () => {
  it('refuses what is no duration', async () => {
    const { code, err } = await runCli(registerWhy, ['why', '1', '--watch', 'soon']);
    expect([code, err]).toEqual([2, expect.stringContaining('from 0 to 600')]);
  });

  it('says of what is no guest of this host that it is none', async ({ skip }) => {
    if (process.geteuid?.() !== 0) skip('it needs root');
    const { code, out, err } = await runCli(registerWhy, ['why', 'no such guest, surely']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('GUEST_ABSENT');
  });
});
