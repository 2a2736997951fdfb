import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { Access, type AskedAgent } from '../../../../web/gateway/access.js';

describe('the access of who is signed in', () => {
  it('is not kept from ending by what a page asks by itself', async () => {
    const access = new Access({ signInRequired: true, cookieName: () => 'session' });
    const id = access.sessions.grant(undefined, 'hv-1', { authorization: 'Bearer t', role: 'view' });
    const touched = vi.spyOn(access.sessions, 'touch');
    const req = new IncomingMessage(new Socket());
    req.headers.cookie = `session=${id}`;
    const agent = { name: 'hv-1', client: { whoAmI: () => Promise.resolve({ role: 'ROLE_VIEW' }) } };
    expect(await access.toRead(req, agent as unknown as AskedAgent)).toBe('Bearer t');
    expect(touched).not.toHaveBeenCalled();
    await access.toRead(req, agent as unknown as AskedAgent, true);
    expect(touched).toHaveBeenCalledExactlyOnceWith(id);
  });
});
