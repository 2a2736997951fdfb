import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../../bench/bakeoff/main.js';

afterEach(() => vi.restoreAllMocks());

/** Exit code and everything said. */
async function run(...argv: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  for (const name of ['log', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((text) => void said.push(String(text)));
  return { code: await main(argv), said: said.join('\n') };
}

describe('main', () => {
  it('explains itself', async () => {
    const { code, said } = await run('--help');
    expect(code).toBe(0);
    expect(said).toContain('--resume FILE');
  });

  it('tells wrong usage from a host that says no', async () => {
    expect(await run('--workload', 'weather')).toMatchObject({
      code: 2,
      said: expect.stringContaining('storm') as string,
    });
    expect(await run('--report')).toMatchObject({ code: 2 });
    const { code, said } = await run('--report', '/nonexistent/rows.json');
    expect(code).toBe(1);
    expect(said).toMatch(/bakeoff: \/nonexistent\/rows.json does not exist\nHint: /);
  });
});
