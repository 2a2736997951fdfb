import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mergeConfig, readConfigFile, validateConfig } from '../../../src/agent/config.js';
import { packageRoot } from '../../../src/agent/paths.js';

const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('validateConfig', () => {
  it('fills in every default', () => {
    expect(validateConfig({}, 'test')).toMatchObject({
      mode: 'observe',
      intervalMs: 1000,
      grpc: { address: '127.0.0.1:50576' },
      http: { address: '127.0.0.1:8576' },
      tuner: { gibPerCore: 8, mayStart: true, mayStop: true, smartScan: true },
    });
  });

  it.each([
    [{ moed: 'auto' }, 'unknown key moed'],
    [{ tuner: { price: 3 } }, 'unknown key tuner.price'],
    [{ tuner: { gibPerCore: 0 } }, 'tuner.gibPerCore'],
    [{ tuner: { maxCpuPct: 101 } }, 'tuner.maxCpuPct'],
    [{ tuner: { mayStop: 'no' } }, 'tuner.mayStop'],
    [{ tuner: { smartScan: 0 } }, 'tuner.smartScan'],
    [{ tuner: { minFullScanSec: 700 } }, 'tuner.minFullScanSec: must not be above maxFullScanSec'],
    [{ mode: 'turbo' }, 'mode'],
    [{ intervalMs: '1s' }, 'intervalMs'],
    [{ grpc: { address: 'localhost' } }, 'grpc.address: must be HOST:PORT'],
    [{ http: null }, 'http'],
    [{ grpc: { tls: { certificate: 'a.pem' } } }, 'grpc.tls.key'],
    [{ grpc: { allowNonLoopback: true } }, 'unknown key grpc.allowNonLoopback'],
    [{ grpc: { socket: false, tls: { certificate: 'a', key: 'b' } } }, 'grpc.socket: must be true with grpc.tls'],
    [{ auth: { certificates: [{ match: 'ops', role: 'view' }] } }, 'auth.certificates.0.match: must begin with CN='],
    [{ auth: { certificates: [{ match: 'CN=ops', role: 'root' }] } }, 'auth.certificates.0.role'],
    [{ mode: 'x', intervalMs: 1 }, 'intervalMs'],
  ])('names the key in %j', (input, expected) => {
    expect(() => validateConfig(input, 'ksmpilot.yaml')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(expected) as string }),
    );
  });
});

describe('docs/security.md', () => {
  const blocks = [...readFileSync(join(packageRoot, 'docs/security.md'), 'utf8').matchAll(/```yaml\n([^]*?)```/g)].map(
    ([, text = '']) => text,
  );

  it('shows settings that are valid', () => {
    expect(blocks.length).toBeGreaterThan(1);
    for (const text of blocks) expect(() => validateConfig(parse(text), 'docs/security.md')).not.toThrow();
  });
});

describe('readConfigFile', () => {
  const file = (text: string): string => {
    const path = join(folder, 'c.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('reads YAML', () =>
    expect(readConfigFile(file('tuner:\n  gibPerCore: 4\n'))).toEqual({ tuner: { gibPerCore: 4 } }));
  it('takes an empty file', () => expect(readConfigFile(file('# nothing\n'))).toEqual({}));
  it('refuses a list', () => expect(() => readConfigFile(file('- 1\n'))).toThrow('must hold keys and values'));
  it('says where YAML is broken', () =>
    expect(() => readConfigFile(file('a: 1\nb: [1\n'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE', message: expect.stringMatching(/line [23]/) as string }),
    ));
  it('does not read devices or huge files', () => {
    expect(() => readConfigFile('/dev/zero')).toThrow('it is no file');
    expect(() => readConfigFile(file('#'.repeat(2 ** 20 + 1)))).toThrow('more than 1048576');
  });
  it('says that a file is missing', () => expect(() => readConfigFile('/no/such.yaml')).toThrow('ENOENT'));
});

describe('mergeConfig', () => {
  it('lays flags over the file, section by section, and leaves out what was not given', () => {
    expect(
      mergeConfig(
        { mode: 'advise', tuner: { gibPerCore: 4, maxCpuPct: 10 } },
        { mode: undefined, tuner: { maxCpuPct: 20, mayStart: undefined }, http: { enabled: false } },
      ),
    ).toEqual({ mode: 'advise', tuner: { gibPerCore: 4, maxCpuPct: 20 }, http: { enabled: false } });
  });
});
