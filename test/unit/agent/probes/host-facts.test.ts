import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatherHostFacts } from '../../../../src/agent/probes/host-facts.js';
import { makeFakeHost, type FakeHost } from '../../../helpers/fake-host.js';

let host: FakeHost;
beforeEach(() => {
  host = makeFakeHost();
});
afterEach(() => host.remove());

describe('facts of the host', () => {
  it('are read from /proc and /sys', async () => {
    mkdirSync(join(host.root, 'sys/kernel/security'));
    writeFileSync(join(host.root, 'sys/kernel/security/lockdown'), 'none [integrity] confidentiality\n');
    expect(await gatherHostFacts(host)).toMatchObject({
      root: true,
      bpftrace: { version: '0.17.0' },
      tracefs: join(host.root, 'sys/kernel/tracing'),
      lockdown: 'integrity',
      pagingLevels: 5,
    });
  });

  it('find tracefs at its old place too', async () => {
    mkdirSync(join(host.root, 'sys/kernel/debug'));
    renameSync(join(host.root, 'sys/kernel/tracing'), join(host.root, 'sys/kernel/debug/tracing'));
    const { tracefs, tracepoints } = await gatherHostFacts(host);
    expect(tracefs).toBe(join(host.root, 'sys/kernel/debug/tracing'));
    expect(tracepoints).toContain('ksm:ksm_enter');
  });

  it('that are missing are unknown', async () => {
    rmSync(join(host.root, 'sys'), { recursive: true });
    rmSync(join(host.root, 'proc'), { recursive: true });
    const facts = await gatherHostFacts(host);
    expect(facts).toMatchObject({ tracefs: undefined, lockdown: undefined, pagingLevels: 4 });
    expect(facts.tracepoints.size).toBe(0);
  });
});
