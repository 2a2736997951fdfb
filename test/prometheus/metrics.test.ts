import { expect, it, type TestContext } from 'vitest';
import type { Guest } from '../../proto/generated/ksmpilot/v1/Guest.js';
import { FakeAgent } from '../helpers/fake-agent.js';
import { startFakePage } from '../helpers/fake-page.js';
import { ask } from '../helpers/http.js';
import { saying, toolsFor, usePrometheus } from '../helpers/prometheus.js';

usePrometheus();

const NAMES = [
  '"quoted"',
  'back\\slash',
  'line\nfeed',
  'nul\0',
  'ümläut 名前 🐏',
  '',
  '{a="b"} 1',
  '\\n',
  '\u2028',
  '\\',
];

function guest(name: string, index: number): Guest {
  const identity = `qemu/${name}${index}`;
  return { kind: 'qemu', name, id: name, identity, pids: [index + 1], merge: 'on', saved_bytes: 4096, merges_total: 3 };
}

/** What `promtool check metrics` says of what a page answers. */
async function linted(context: TestContext, ...options: Parameters<typeof startFakePage>): Promise<string> {
  const { promtool } = await toolsFor(context);
  const page = await startFakePage(...options);
  try {
    const { body, status } = await ask({ port: page.port, path: '/metrics' });
    expect(status).toBe(200);
    expect(body.match(/^ksmpilot_\w+/gm)?.length).toBeGreaterThan(50);
    const { code, text } = saying(promtool, ['check', 'metrics'], { input: body });
    return code === 0 ? text : `${text}\n(ended with ${code})`;
  } finally {
    await page.stop();
  }
}

it.for(['full', 'exact', 'bare'] as const)('finds nothing to say of a host that is %s', async (profile, context) => {
  expect(await linted(context, { profile })).toBe('');
});

it('finds nothing to say of guests with any name', async (context) => {
  const guests = NAMES.map(guest);
  expect(await linted(context, { guests: { time_ms: 1, guests, pending: 0 } })).toBe('');
});

it('finds nothing to say of several agents, one of which is away', async (context) => {
  const other = new FakeAgent({ profile: 'exact' });
  const first = new FakeAgent();
  const ports = [await first.start(), await other.start(), 1];
  try {
    const agents = ports.map((port, index) => ({ name: `hv-${index}`, address: `127.0.0.1:${port}` }));
    expect(await linted(context, {}, { agents })).toBe('');
  } finally {
    first.stop();
    other.stop();
  }
});

it('would find something', async (context) => {
  const { promtool } = await toolsFor(context);
  const said = saying(promtool, ['check', 'metrics'], { input: '# TYPE ksmpilot_breaks counter\nksmpilot_breaks 1\n' });
  expect(said.code).toBe(3);
  expect(said.text).toContain('_total');
});
