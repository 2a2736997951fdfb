import { execFileSync, spawnSync } from 'node:child_process';
import { parse, parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { isNeeded } from '../../scripts/package/prune.mjs';
import { allCommands, commandFacts } from '../../src/cli/command-tree.js';
import { pageName } from '../../src/cli/man-page.js';
import { createProgram } from '../../src/cli/program.js';
import { filesUnder, readSource } from '../helpers/source-tree.js';

const AGENT = 'deploy/systemd/ksmpilot.service';
const WEB = 'deploy/systemd/ksmpilot-web.service';

interface Exposure {
  readonly json_field: string;
  readonly exposure: string | null;
  readonly set: boolean;
}

/** Values of a setting in a unit, in order; a line may repeat it. */
function settings(unit: string, name: string): readonly string[] {
  return [...readSource(unit).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

function analyze(unit: string, ...options: readonly string[]): string | undefined {
  const args = ['security', '--offline=true', '--no-pager', ...options, unit];
  const { error, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return error === undefined ? stdout : undefined;
}

describe.each([
  { unit: AGENT, most: 4.0, service: /\| (agent|both) \|/ },
  { unit: WEB, most: 2.0, service: /\| (page|both) \|/ },
])('$unit', ({ unit, most, service }) => {
  it(`is exposed by ${most} at most`, ({ skip }) => {
    const text = analyze(unit);
    if (text === undefined) return skip('systemd-analyze is not on this host');
    const overall = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
    expect(overall).toBeGreaterThan(0);
    expect(overall).toBeLessThanOrEqual(most);
    const [, agent, page] =
      /gives the agent ([\d.]+) and the page ([\d.]+)/.exec(readSource('docs/privileges.md')) ?? [];
    expect(unit === AGENT ? agent : page, 'docs/privileges.md').toBe(overall.toFixed(1));
  });

  it('has each exposure justified in docs/privileges.md, and no other', ({ skip }) => {
    const text = analyze(unit, '--json=short');
    if (text === undefined) return skip('systemd-analyze is not on this host');
    const exposed = (JSON.parse(text) as Exposure[])
      .filter(({ exposure, set }) => exposure !== null && !set)
      .map(({ json_field }) => json_field);
    const justified = readSource('docs/privileges.md')
      .split('\n')
      .filter((line) => service.test(line))
      .map((line) => /^\| `(\w+)` \|/.exec(line)?.[1]);
    expect(exposed.length).toBeGreaterThan(3);
    expect([...exposed].sort()).toEqual([...justified].sort());
  });

  it('starts programs and options that there are', () => {
    const commands = allCommands(commandFacts(createProgram()));
    for (const line of [...settings(unit, 'ExecStart'), ...settings(unit, 'ExecStopPost')]) {
      const [program, name, ...args] = line.split(' ');
      expect(program).toBe('/usr/bin/ksmpilot');
      const command = commands.find((one) => one.path.join(' ') === `ksmpilot ${name ?? ''}`);
      expect(command, line).toBeDefined();
      const known = command?.options.map(({ long }) => long);
      for (const option of args.filter((arg) => arg.startsWith('--'))) expect(known).toContain(option);
    }
  });
});

it('ksmpilot.service puts the knobs back after every end', () => {
  expect(settings(AGENT, 'ExecStopPost')).toEqual(['/usr/bin/ksmpilot restore']);
  expect(settings(AGENT, 'Type')).toEqual(['notify']);
  expect(Number(settings(AGENT, 'WatchdogSec')[0])).toBeGreaterThan(0);
});

describe('deploy/kubernetes', () => {
  const files = filesUnder('deploy/kubernetes').filter((path) => path.endsWith('.yaml'));

  it('is YAML without a key twice', () => {
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) {
      const documents = parseAllDocuments(readSource(path), { uniqueKeys: true });
      expect(
        (Array.isArray(documents) ? documents : []).flatMap((one) => one.errors),
        path,
      ).toEqual([]);
    }
  });

  it('gives the agent the capabilities of its unit, and the page none', () => {
    const { spec } = parse(readSource('deploy/kubernetes/daemonset.yaml')) as {
      spec: { template: { spec: { containers: { name: string; securityContext: Security }[] } } };
    };
    const { containers } = spec.template.spec;
    const agent = containers.find(({ name }) => name === 'agent')?.securityContext;
    const page = containers.find(({ name }) => name === 'page')?.securityContext;
    expect(agent?.capabilities.add?.map((name) => `CAP_${name}`).join(' ')).toBe(
      settings(AGENT, 'CapabilityBoundingSet')[0],
    );
    expect([agent?.capabilities.drop, page?.capabilities]).toEqual([['ALL'], { drop: ['ALL'] }]);
    expect(page?.runAsNonRoot).toBe(true);
  });

  it('mounts every volume that it names, and no other', () => {
    const text = readSource('deploy/kubernetes/daemonset.yaml');
    const mounted = [...text.matchAll(/name: (\w+), mountPath/g)].map(([, name]) => name);
    const volumes = [...text.slice(text.indexOf('\n      volumes:')).matchAll(/- name: (\w+)/g)].map(
      ([, name]) => name,
    );
    expect(mounted.length).toBeGreaterThan(3);
    expect([...new Set(mounted)].sort()).toEqual(volumes.sort());
  });

  it('is what kustomize takes', ({ skip }) => {
    const { error, stdout, stderr, status } = spawnSync('kubectl', ['kustomize', 'deploy/kubernetes'], {
      encoding: 'utf8',
    });
    if (error !== undefined) return skip('kubectl is not on this host');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.match(/^kind: \w+$/gm)).toEqual(['kind: Namespace', 'kind: ConfigMap', 'kind: DaemonSet']);
  });
});

interface Security {
  readonly runAsNonRoot?: boolean;
  readonly capabilities: { readonly add?: readonly string[]; readonly drop: readonly string[] };
}

describe('the package', () => {
  it('has a manual page for each command, and no other', () => {
    const pages = allCommands(commandFacts(createProgram())).map((command) => `deploy/man/${pageName(command)}.1`);
    expect(filesUnder('deploy/man').sort()).toEqual(pages.sort());
  });

  it('has shell scripts that a POSIX shell can parse', () => {
    for (const path of [
      'deploy/bin/ksmpilot',
      ...['postinst', 'prerm', 'postrm'].map((name) => `deploy/deb/${name}`),
    ]) {
      expect(readSource(path)).toMatch(/^#!\/bin\/sh\n/);
      expect(() => execFileSync('sh', ['-n', path])).not.toThrow();
    }
  });

  it('brings every npm package that the program imports', () => {
    const { dependencies, optionalDependencies } = JSON.parse(readSource('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const atRunTime = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name !== 'chart.js');
    expect(atRunTime.filter((name) => !isNeeded(`${name}/package.json`))).toEqual([]);
  });
});
