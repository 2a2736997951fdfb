import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planWeb } from '../../../src/cli/web-plan.js';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-web-'));
  writeFileSync(join(dir, 'token'), 'secret\n');
  writeFileSync(join(dir, 'ca.pem'), 'PEM');
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

function file(text: string): string {
  const path = join(dir, 'web.yaml');
  writeFileSync(path, text);
  return path;
}

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe('the plan of ksmpilot web', () => {
  it('comes from flags', () => {
    expect(planWeb({ agent: ['hv-1:50576', 'b=hv-2:50576'], http: '127.0.0.1:9000', logLevel: 'warn' })).toMatchObject({
      agents: [
        { name: 'hv-1', address: 'hv-1:50576' },
        { name: 'b', address: 'hv-2:50576' },
      ],
      address: '127.0.0.1:9000',
      prometheus: undefined,
      log: { level: 'warn', format: 'auto' },
    });
  });

  it('comes from a file, with TLS and tokens', () => {
    const config = file(`
agents:
  - hv-1:50576
  - name: two
    address: hv-2:50576
    tls:
      ca: ${join(dir, 'ca.pem')}
    tokenFile: ${join(dir, 'token')}
  - address: hv-3:50576
    tls: true
prometheus: http://prom:9090
http:
  address: 127.0.0.1:9001
`);
    expect(planWeb({ config })).toMatchObject({
      agents: [
        { name: 'hv-1', address: 'hv-1:50576' },
        { name: 'two', address: 'hv-2:50576', tls: { ca: Buffer.from('PEM') }, token: 'secret' },
        { name: 'hv-3', address: 'hv-3:50576', tls: {} },
      ],
      prometheus: 'http://prom:9090',
      address: '127.0.0.1:9001',
    });
  });

  it('takes the flags where both say something', () => {
    const config = file('agents: [hv-1:50576]\nprometheus: http://a:9090\nlog: { level: debug }\n');
    expect(planWeb({ config, agent: ['hv-2:50576'], prometheus: 'http://b:9090', logFormat: 'json' })).toMatchObject({
      agents: [{ name: 'hv-2' }],
      prometheus: 'http://b:9090',
      log: { level: 'debug', format: 'json' },
    });
  });

  it('needs an agent or Prometheus', () => {
    expect(() => planWeb({})).toThrow(refused('CONFIG_INVALID', /no agent/));
    expect(planWeb({ prometheus: 'http://b:9090' }).agents).toEqual([]);
  });

  it.each([
    ['agents: 5', /agents/],
    ['agent: [a:1]', /agent/],
    ['agents: [{ name: x }]', /agents/],
    ['agents: [{ address: "a:1", tls: { cert: a } }]', /cert and key belong together/],
    ['http: { port: 1 }', /http/],
  ])('refuses %s', (text, message) => {
    expect(() => planWeb({ config: file(text), prometheus: 'http://b:9090' })).toThrow(
      refused('CONFIG_INVALID', message),
    );
  });

  it('names a file that cannot be read', () => {
    const config = file('agents: [{ address: "a:1", tokenFile: /nonexistent/token }]');
    expect(() => planWeb({ config })).toThrow(refused('CONFIG_UNREADABLE', /\/nonexistent\/token: ENOENT/));
    expect(() => planWeb({ config: '/nonexistent.yaml' })).toThrow(refused('CONFIG_UNREADABLE', /ENOENT/));
  });
});
