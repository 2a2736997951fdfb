import { describe, expect, it } from 'vitest';
import { agentName, agentTargets, withUniqueNames } from '../../../../web/gateway/agent-target.js';

describe('agentTargets', () => {
  it('reads names, hosts, IPv6 and sockets', () => {
    expect(
      agentTargets(['hv-1:50576', 'rack-2=10.0.0.2:50576', '[::1]:50576', 'unix:/run/ksmpilot/agent.sock']),
    ).toEqual([
      { name: 'hv-1', address: 'hv-1:50576' },
      { name: 'rack-2', address: '10.0.0.2:50576' },
      { name: '::1', address: '[::1]:50576' },
      { name: 'localhost', address: 'unix:/run/ksmpilot/agent.sock' },
    ]);
  });

  it('calls two agents of one host by their whole addresses', () => {
    expect(agentTargets(['hv:1', 'hv:2', 'other:1']).map(({ name }) => name)).toEqual(['hv:1', 'hv:2', 'other']);
  });

  it.each([
    '',
    'hv',
    'hv:0',
    'hv:65536',
    'hv:x',
    'http://hv:1',
    'a b:1',
    '[hv]:1',
    '[1.2.3.4]:1',
    'unix:relative',
    '=hv:1',
    'a"b=hv:1',
    `${'n'.repeat(65)}=hv:1`,
  ])('refuses %j', (text) => {
    expect(() => agentTargets([text])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });

  it('refuses two of one name, naming it', () => {
    expect(() => agentTargets(['a=hv:1', 'a=hv:2'])).toThrow('two agents are called a');
    expect(() => withUniqueNames([{ name: 'x' }, { name: 'x' }])).toThrow('two agents are called x');
  });
});

describe('agentName', () => {
  it.each([
    ['hv-7.example', 'hv-7.example'],
    ['a b/c', 'a_b_c'],
    ['', 'agent'],
    ['x'.repeat(80), 'x'.repeat(64)],
  ])('%j is %j', (hostname, name) => expect(agentName(hostname)).toBe(name));
});
