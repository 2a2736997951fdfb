import { expect, it } from 'vitest';
import type { ProbePhase } from '../../../src/agent/model/probe.js';
import { ProbeLog } from '../../../src/agent/probe-log.js';
import { silentLog } from '../../../src/agent/log.js';

function logged(...states: readonly (readonly [state: ProbePhase, detail: string, name?: string])[]): string[] {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (message: string, fields = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
  const log = new ProbeLog({ log: { ...silentLog, info: note('info'), warn: note('warn') } });
  for (const [state, detail, name = 'cow'] of states) log.note({ name, state, detail, restarts: 0 });
  return lines;
}

it('says once which program serves, and again only when another one does', () => {
  expect(
    logged(
      ['starting', 'bpf/a.bt'],
      ['running', 'bpf/a.bt'],
      ['starting', 'planned restart'],
      ['running', 'bpf/a.bt'],
      ['running', 'bpf/b.bt; no a: refused'],
    ),
  ).toEqual([
    'info probe cow running {"detail":"bpf/a.bt"}',
    'info probe cow running {"detail":"bpf/b.bt; no a: refused"}',
  ]);
});

it('warns of what should run and does not, and says that it runs again', () => {
  expect(logged(['running', 'a'], ['backoff', 'killed'], ['running', 'a'], ['failed', 'refused'])).toEqual([
    'info probe cow running {"detail":"a"}',
    'warn probe cow backoff {"detail":"killed"}',
    'info probe cow running {"detail":"a"}',
    'warn probe cow failed {"detail":"refused"}',
  ]);
});

it('keeps subjects apart, and does not warn of what the host lacks', () => {
  expect(logged(['unavailable', 'x'], ['unavailable', 'x', 'kvm'], ['off', 'stopped'])).toEqual([
    'info probe cow unavailable {"detail":"x"}',
    'info probe kvm unavailable {"detail":"x"}',
  ]);
});
