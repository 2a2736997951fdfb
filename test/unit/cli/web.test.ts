import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { registerWeb } from '../../../src/cli/web.js';
import { memoryIo, runCli } from '../../helpers/cli.js';
import { FakeAgent } from '../../helpers/fake-agent.js';
import { ask } from '../../helpers/http.js';

const agents: FakeAgent[] = [];

afterEach(() => {
  for (const agent of agents.splice(0)) agent.stop();
});

async function startAgent(hostname: string): Promise<string> {
  const agent = new FakeAgent({ hostname });
  agents.push(agent);
  return `127.0.0.1:${await agent.start()}`;
}

describe('ksmpilot web', () => {
  it('serves a page for the agents that it is given, until it is told to stop', async () => {
    const io = memoryIo();
    const [one, two] = [await startAgent('hv-1'), await startAgent('hv-2')];
    const args = [
      'web',
      '--agent',
      `hv-1=${one}`,
      '--agent',
      `b=${two}`,
      '--http',
      '127.0.0.1:0',
      '--log-level',
      'silent',
    ];
    const ended = runCli(registerWeb, args, io);
    const urlIn = (): string | undefined => /page +(http:\S+)/.exec(io.stderr.text)?.[1];
    await expect.poll(urlIn, { timeout: 10_000 }).toBeDefined();
    expect(io.stderr.text).toContain(`agent  b     ${two}`);
    const port = Number(new URL(urlIn() ?? '').port);
    expect((await ask({ port, path: '/api/host?agent=b' })).json).toMatchObject({ hostname: 'hv-2' });
    expect((await ask({ port, path: '/api/agents' })).json).toMatchObject({
      agents: [{ name: 'hv-1' }, { name: 'b' }],
    });
    process.emit('SIGHUP');
    expect((await ended).code).toBe(0);
    await expect(ask({ port, path: '/api/host' })).rejects.toThrow(/ECONNREFUSED|hang up/);
  }, 20_000);

  it.each([
    [['web'], /CONFIG_INVALID: there is no agent/, 2],
    [['web', '--agent', 'hv'], /CONFIG_INVALID: "hv" is not the address of an agent/, 2],
    [['web', '--agent', 'a=hv:1', '--agent', 'a=hv:2'], /two agents are called a/, 2],
    [['web', '--prometheus', 'nonsense'], /not the address of a Prometheus server/, 2],
    [['web', '--agent', 'hv:1', '--http', '0.0.0.0:0'], /BIND_REFUSED/, 1],
    [['web', '--agent', 'hv:1', '--http', 'nonsense'], /CONFIG_INVALID/, 2],
  ])('%j says what is wrong', async (args, message, code) => {
    const result = await runCli(registerWeb, args);
    expect(result.err).toMatch(message);
    expect(result.err).toContain('Hint: ');
    expect(result.code).toBe(code);
  });

  it('names a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      const { code, err } = await runCli(registerWeb, ['web', '--agent', 'hv:1', '--http', address]);
      expect(err).toContain(`PORT_IN_USE: ${address}`);
      expect(code).toBe(1);
    } finally {
      other.close();
    }
  });
});
