import { describe, expect, it } from 'vitest';
import { validateConfig } from '../../../src/agent/config.js';
import { banner, serviceStatus, type BannerInput } from '../../../src/cli/run-banner.js';

const input: BannerInput = {
  config: validateConfig({}, 'test'),
  access: {
    address: '127.0.0.1:50576',
    socketPath: '/run/ksmpilot/agent.sock',
    token: 'abc',
    stateDir: '/run/ksmpilot',
  },
  url: 'http://127.0.0.1:8576/',
  demo: undefined,
  autoByDemo: false,
  stopped: false,
};

describe('banner', () => {
  it('says where everything is, and that observing writes nothing', () => {
    const text = banner(input);
    expect(text).toContain('http://127.0.0.1:8576/#token=abc');
    expect(text).toContain('127.0.0.1:50576 and /run/ksmpilot/agent.sock');
    expect(text).toContain('observe: watches, writes nothing');
  });
  it('says that guests are demonstration guests and why the mode is auto', () => {
    const demo = {
      describe: () => [{ name: 'demo-db', pid: 7, text: 'A database.', shareableBytes: 1 }],
      shareableBytes: () => 234 * 2 ** 20,
    };
    const text = banner({ ...input, config: validateConfig({ mode: 'auto' }, 'test'), demo, autoByDemo: true });
    expect(text).toContain('demonstration guests');
    expect(text).toContain('234 MiB');
    expect(text).toContain('because of --demo');
  });
  it('says that nothing will merge, and why, where KSM is stopped and nobody will start it', () => {
    expect(banner({ ...input, stopped: true })).toContain('run is 0), so nothing will merge');
    expect(banner({ ...input, stopped: true, config: validateConfig({ mode: 'auto' }, 'test') })).not.toContain(
      'run is 0',
    );
  });
  it.each([
    [{}, 'probes starting; "ksmpilot status" says which tier serves'],
    [{ exact: true }, 'probes starting (each COW break is counted);'],
    [{ enabled: false }, 'probes off: no merges and no COW breaks per process'],
  ])('says how the probes run: %j', (probes, text) => {
    expect(banner({ ...input, config: validateConfig({ probes }, 'test') })).toContain(text);
  });
  it('has no page to show where there is none', () =>
    expect(banner({ ...input, url: undefined })).not.toContain('page'));
});

describe('the line of systemctl status', () => {
  const point = (derived: object, ksm: object | undefined): Parameters<typeof serviceStatus>[0] =>
    ({ derived, sample: { ksm } }) as Parameters<typeof serviceStatus>[0];

  it('says what is saved, what it costs, and whether KSM runs', () => {
    expect(serviceStatus(point({ savedBytes: 1.5 * 2 ** 30, ksmdCpuPct: 0.25 }, { run: 1 }))).toBe(
      'saves 1.5 GiB, ksmd takes 0.25 % of a core; run is 1',
    );
  });

  it('knows nothing where nothing is known', () => {
    expect(serviceStatus(point({ savedBytes: null, ksmdCpuPct: null }, undefined))).toBe(
      'saves -, ksmd takes - of a core',
    );
  });
});
