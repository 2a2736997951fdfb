import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { addRunOptions, DEFAULT_CONFIG_FILE, planRun, type RunFlags } from '../../../src/cli/run-options.js';

const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** The plan for a command line, on a host without a configuration file unless --config names one. */
function plan(...args: string[]): ReturnType<typeof planRun> {
  const command = addRunOptions(new Command('run').exitOverride()).parse(args, { from: 'user' });
  return planRun(command.opts<RunFlags>(), () => false);
}

function file(text: string): string {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return path;
}

describe('planRun', () => {
  it('observes by default', () => expect(plan().config).toMatchObject({ mode: 'observe', http: { enabled: true } }));

  it('takes flags', () =>
    expect(
      plan(
        '--mode',
        'auto',
        '--interval',
        '500',
        '--grpc',
        '127.0.0.1:1',
        '--price',
        '4.5',
        '--max-cpu',
        '10',
        '--exact',
      ).config,
    ).toMatchObject({
      probes: { enabled: true, exact: true },
      mode: 'auto',
      intervalMs: 500,
      grpc: { address: '127.0.0.1:1' },
      tuner: { gibPerCore: 4.5, maxCpuPct: 10, mayStart: true, mayStop: true, smartScan: true },
    }));

  it('lets --exact win over the file, and leaves it to the file otherwise', () => {
    expect(plan().config.probes.exact).toBe(false);
    expect(plan('--config', file('probes: { exact: true }\n')).config.probes.exact).toBe(true);
    expect(plan('--config', file('probes: { exact: false }\n'), '--exact').config.probes.exact).toBe(true);
  });

  it('takes what is switched off', () =>
    expect(plan('--no-http', '--no-probes', '--no-may-start', '--no-may-stop', '--no-smart-scan').config).toMatchObject(
      {
        http: { enabled: false },
        probes: { enabled: false },
        tuner: { mayStart: false, mayStop: false, smartScan: false },
      },
    ));

  it('lets flags win over the file and the file over defaults', () => {
    const config = file(
      'mode: advise\nhttp: { enabled: false }\ntuner: { gibPerCore: 3, mayStart: false, mayStop: false }\n',
    );
    expect(plan('--config', config, '--price', '5').config).toMatchObject({
      mode: 'advise',
      http: { enabled: false },
      tuner: { gibPerCore: 5, mayStart: false, mayStop: false, smartScan: true },
    });
  });

  it('goes to auto for --demo only where nobody named a mode', () => {
    expect(plan('--demo')).toMatchObject({ autoByDemo: true, config: { mode: 'auto' } });
    expect(plan('--demo', '--mode', 'observe')).toMatchObject({ autoByDemo: false, config: { mode: 'observe' } });
    expect(plan('--demo', '--config', file('mode: advise\n'))).toMatchObject({
      autoByDemo: false,
      config: { mode: 'advise' },
    });
  });

  it('names the key of a flag that is no number', () =>
    expect(() => plan('--price', 'cheap')).toThrow(/tuner\.gibPerCore/));

  it('reads the default file where it exists', () =>
    expect(() => planRun({}, (path) => path === DEFAULT_CONFIG_FILE)).toThrow(DEFAULT_CONFIG_FILE));
});
