import { describe, expect, it } from 'vitest';
import type { Host__Output } from '../../../../../../proto/generated/ksmpilot/v1/Host.js';
import { problemsOf } from '../../../../../../web/page/views/host/problems.js';

const HOST = { problems: [], rivals: [], probes: [] } as unknown as Host__Output;

function probe(name: string, state: string, detail = ''): Host__Output['probes'][number] {
  return { name, state, detail, restarts: 0 };
}

describe('problems', () => {
  it('are none on a host where all is well', () => {
    const probes = [probe('scanner', 'running'), probe('cow', 'off', 'not needed: another program sees the same')];
    expect(problemsOf({ ...HOST, probes })).toEqual([]);
  });

  it('are what the agent says, rivals, and probes that do not run', () => {
    const problems = [{ code: 'BPFTRACE_MISSING', what: 'no bpftrace.', cure: 'Install it.' }];
    const found = problemsOf({ ...HOST, problems, rivals: ['ksmtuned'], probes: [probe('cow', 'failed', 'said no')] });
    expect(found.map(({ code }) => code)).toEqual(['BPFTRACE_MISSING', 'RIVAL_ALIVE', 'probe cow']);
    expect(found[2]).toMatchObject({ what: 'The probe cow is failed.', cure: 'said no' });
  });

  it('do not tell of a rival twice', () => {
    const problems = [{ code: 'RIVAL_ALIVE', what: 'ksmtuned runs.', cure: 'Stop it.' }];
    expect(problemsOf({ ...HOST, problems, rivals: ['ksmtuned'] })).toHaveLength(1);
  });
});
