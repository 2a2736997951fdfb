import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../../web/page/api.js';
import { Session, type Role } from '../../../../../web/page/session/session.js';

type Answer = { readonly signed_in: boolean; readonly role: Role | null };

/** A gateway that knows one token. */
class Gateway {
  agent: string | undefined;
  role: Role | null = null;
  readonly asked: string[] = [];
  isAway = false;

  get<T>(path: string): Promise<T> {
    return this.#answer(`GET ${path}`);
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    const { token } = body as { token: string };
    if (token === 'busy') return Promise.reject(refused(429, 'SIGN_INS_LIMITED', 'too many wrong tokens', 'Wait 6 s.'));
    if (token !== 'right') return Promise.reject(refused(401, 'TOKEN_MISSING', 'the token is wrong'));
    this.role = 'tune';
    return this.#answer(`POST ${path}`);
  }

  delete<T>(path: string): Promise<T> {
    this.role = null;
    return this.#answer(`DELETE ${path}`);
  }

  #answer<T>(what: string): Promise<T> {
    this.asked.push(what);
    if (this.isAway) return Promise.reject(refused(0, 'UNREACHABLE', 'ksmpilot does not answer'));
    const answer: Answer = { signed_in: this.role !== null, role: this.role };
    return Promise.resolve(answer as T);
  }
}

function refused(status: number, code: string, message: string, hint?: string): ApiError {
  return new ApiError({ status, code, message, ...(hint !== undefined && { hint }) });
}

function make(answers: readonly string[] = []): { session: Session; gateway: Gateway; why: string[] } {
  const gateway = new Gateway();
  const why: string[] = [];
  const session = new Session({
    api: gateway,
    ask: async (asked, reason) => {
      why.push(reason);
      for (const token of answers) await asked.signIn(token);
    },
  });
  return { session, gateway, why };
}

describe('a session', () => {
  it('is what the gateway says, and tells who listens', async () => {
    const { session, gateway } = make();
    let heard = 0;
    const stop = session.listen(() => (heard += 1));
    gateway.role = 'view';
    await session.refresh();
    expect([session.role, session.mayChange, heard]).toEqual(['view', false, 1]);
    stop();
    await session.signOut();
    expect([session.role, heard]).toEqual([undefined, 1]);
  });

  it('is none where the gateway does not answer', async () => {
    const { session, gateway } = make();
    await session.signIn('right');
    gateway.isAway = true;
    await session.refresh();
    expect(session.role).toBeUndefined();
    await session.signOut();
  });

  it('is begun with the right token, and says what is wrong with another', async () => {
    const { session } = make();
    expect(await session.signIn('wrong')).toMatch(/^This agent does not know that token/);
    expect(await session.signIn('busy')).toBe('Too many wrong tokens. Wait 6 s.');
    expect(session.mayChange).toBe(false);
    expect(await session.signIn(' right\n')).toBeUndefined();
    expect(session.mayChange).toBe(true);
  });

  it('is asked for once, however many changes wait, and again after a refusal', async () => {
    const { session, why } = make(['wrong', 'right']);
    expect(await Promise.all([session.ask(), session.ask()])).toEqual([true, true]);
    expect(why).toHaveLength(1);
    expect(await session.ask('It has ended.')).toBe(true);
    expect(why.at(-1)).toBe('It has ended.');
  });

  it('is not there where the user gives up', async () => {
    const { session } = make([]);
    await session.signIn('right');
    expect(await session.ask()).toBe(false);
  });

  it('opens the dialog where the token of the address does not do', async () => {
    const { session, why } = make();
    await session.signInOr('right');
    expect(why).toEqual([]);
    await session.signInOr('wrong');
    expect(why[0]).toMatch(/does not know that token/);
  });

  it('takes no late answer about another agent', async () => {
    const { session, gateway } = make();
    gateway.role = 'tune';
    const late = session.refresh();
    await session.signOut();
    await late;
    expect(session.role).toBeUndefined();
  });
});
