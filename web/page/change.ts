/** Calls that need somebody signed in. Whoever is not is asked to, and the call is made again. */

import { ApiError } from './api.js';
import type { App } from './view.js';

/** Rejects with ApiError; with code NOT_SIGNED_IN where the operator gave up signing in. */
export async function change<T>(app: Pick<App, 'api' | 'signIn'>, path: string, body: object = {}): Promise<T> {
  try {
    return await app.api.post<T>(path, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (await app.signIn()) return await app.api.post<T>(path, body);
    throw new ApiError({
      code: 'NOT_SIGNED_IN',
      message: 'nothing was changed: this needs the token of the agent',
      hint: '`ksmpilot run` prints the token at its start.',
      status: 401,
    });
  }
}

/**
 * Asks for what looks into a guest's memory, which is told to nobody without a token. Rejects with ApiError, or with the
 * signal's reason.
 */
export async function lookInside<T>(
  app: Pick<App, 'api' | 'signIn'>,
  path: string,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await app.api.get<T>(path, params, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (!(await app.signIn("Looking into a guest's memory needs a token of its agent.", 'view'))) throw error;
    return await app.api.get<T>(path, params, signal);
  }
}
