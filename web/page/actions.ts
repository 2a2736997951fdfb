/** The calls that change the host. */

export type Action = { readonly mode: 'observe' | 'advise' | 'auto' } | 'pause' | 'resume';

export interface ActionResult {
  readonly ok: boolean;
  /** The agent did not know the token. */
  readonly badToken: boolean;
  /** What went wrong and the cure; empty when nothing did. */
  readonly text: string;
}

/** Never rejects. */
export async function act(action: Action, token: string): Promise<ActionResult> {
  const [path, body] = typeof action === 'string' ? [action, {}] : ['mode', action];
  try {
    const response = await fetch(`api/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (response.ok) return { ok: true, badToken: false, text: '' };
    return { ok: false, badToken: response.status === 401, text: await reason(response) };
  } catch {
    return { ok: false, badToken: false, text: 'ksmpilot does not answer; nothing was changed.' };
  }
}

async function reason(response: Response): Promise<string> {
  try {
    const { message, hint } = (await response.json()) as { message: string; hint: string | null };
    return `${sentence(message)}${hint === null ? '' : ` ${hint}`}`;
  } catch {
    return `Refused with HTTP status ${response.status}.`;
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
