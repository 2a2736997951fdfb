import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS } from '../../../../src/agent/rpc/access.js';
import { loadService } from '../../../../src/agent/rpc/proto.js';
import { packageRoot } from '../../../../src/agent/paths.js';
import { GRPC, GRPC_CALLS, HTTP, renderSecurityList, SESSION } from '../../../helpers/security-list.js';
import { SecurityRig, TOKENS, type GrpcEntry } from '../../../helpers/security-rig.js';

const rig = new SecurityRig();
beforeAll(() => rig.start());
afterAll(() => rig[Symbol.asyncDispose]());

describe.each(Object.keys(GRPC) as GrpcEntry[])('gRPC, %s', (entry) => {
  it.each(GRPC[entry])('$who', async ({ who: _, outcomes, ...caller }) => {
    const got: string[] = [];
    for (const what of GRPC_CALLS) got.push(await rig.grpc(entry, what, caller));
    expect(got).toEqual(outcomes);
  });
});

describe('the page', () => {
  it.each(HTTP)('$what', async ({ ask, http, https }) => {
    expect([await rig.http('http', ask), await rig.http('https', ask)]).toEqual([http, https]);
  });

  it.each(SESSION)('$what', async ({ token, ask, outcome }) => {
    const body = JSON.stringify({ token: TOKENS[token] });
    expect(await rig.http('https', { path: '/api/session', method: 'POST', origin: 'own', body })).toBe('yes');
    const { cookie } = rig;
    expect(cookie).toMatch(/^__Host-ksmpilot-\d+=/);
    expect(await rig.http('https', { ...ask, cookie })).toBe(outcome);
  });
});

describe('the list is whole', () => {
  it('says of every call of the service what it needs', () => {
    const methods = Object.values(loadService().service).map(({ path }) => path.split('/').pop());
    expect(Object.keys(NEEDS).sort()).toEqual(methods.sort());
  });

  it('needs tune for whatever the proto groups as changing the host', () => {
    const proto = readFileSync(join(packageRoot, 'proto/ksmpilot/v1/ksmpilot.proto'), 'utf8');
    const service = proto.slice(proto.indexOf('service Ksmpilot'), proto.indexOf('\n}\n'));
    const changing = [...service.slice(service.indexOf('// Changing the host.')).matchAll(/rpc (\w+)\(/g)].map(
      ([, name]) => name,
    );
    expect(changing.length).toBeGreaterThan(4);
    expect(changing.sort()).toEqual(
      Object.keys(NEEDS)
        .filter((name) => NEEDS[name] === 'tune')
        .sort(),
    );
  });
});

it('docs/security.md has these tables; UPDATE_DOCS=1 writes them', () => {
  const path = join(packageRoot, 'docs/security.md');
  const text = readFileSync(path, 'utf8');
  const [begin, end] = [
    '<!-- who may call what: written by test/unit/agent/rpc/security.test.ts -->\n',
    '<!-- end -->',
  ];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  expect(text).toContain(begin);
  const wanted = `\n${renderSecurityList()}\n\n`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, text.slice(0, from) + wanted + text.slice(to));
  else expect(text.slice(from, to)).toBe(wanted);
});
