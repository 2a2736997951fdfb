import { expect, it } from 'vitest';
import { KsmWriter } from '../../../../src/agent/kernel/ksm-writer.js';
import { checkUnmerge, planUnmerge, unmergeAll, type UnmergeOptions } from '../../../../src/agent/unmerge/unmerge.js';
import type { WriterProcess } from '../../../../src/agent/unmerge/writer-process.js';
import { KSM, copiedTree, put, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

const GIB = 2 ** 30;

/** A host with `pages` saved pages, a tenth of them zeros. */
function host(pages: number, run = 1, availableGib = 32): string {
  const root = copiedTree('6.18');
  state(root, pages, availableGib);
  put(root, `${KSM}/run`, `${run}\n`);
  return root;
}

function state(root: string, pages: number, availableGib = 32): void {
  put(root, `${KSM}/pages_sharing`, `${pages - Math.floor(pages / 10)}\n`);
  put(root, `${KSM}/ksm_zero_pages`, `${Math.floor(pages / 10)}\n`);
  const kib = (gib: number): number => (gib * GIB) / 1024;
  put(root, 'proc/meminfo', `MemTotal: ${kib(64)} kB\nMemAvailable: ${kib(availableGib)} kB\n`);
}

/** A writer in the test's hands. */
class TestWriter implements WriterProcess {
  readonly ended: Promise<string | undefined>;
  stops = 0;
  readonly #onStop: () => void;
  end: (failure?: string) => void = () => undefined;

  constructor(onStop: () => void = () => undefined) {
    this.#onStop = onStop;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  stop(): void {
    this.stops += 1;
    this.#onStop();
    this.end('SIGTERM ended it');
  }
}

function unmerge(root: string, writer: TestWriter, more: Partial<UnmergeOptions> = {}): ReturnType<typeof unmergeAll> {
  const knobs = new KsmWriter({ root });
  return unmergeAll({ plan: planUnmerge(4096, root), runAfter: 1, start: () => writer, knobs, root, ...more });
}

it('plans with all that is saved', () => {
  const plan = planUnmerge(4096, host(1000));
  expect(plan).toMatchObject({ pages: 1000, run: 1, risk: { neededBytes: 4_096_000, fits: true } });
  expect(() => {
    checkUnmerge(plan);
  }).not.toThrow();
});

it('refuses with the figures where the host cannot hold it', () => {
  const plan = planUnmerge(4096, host(2 ** 20, 1, 7));
  expect(thrownBy(() => checkUnmerge(plan))).toMatchObject({
    code: 'MEMORY_SHORT',
    message: 'unmerging takes 4096.0 MiB; 7168.0 MiB are available, of which 3276.8 MiB must be left',
  });
});

it('refuses where a control group could not hold its part', () => {
  const root = host(1000);
  for (const [pid, pages, group] of [
    [70, 200, '/vms/a'],
    [71, 300, '/vms/b'],
    [72, 400, '/free'],
    [73, 0, '/vms/a'],
  ] as const) {
    put(root, `proc/${pid}/ksm_stat`, `ksm_rmap_items 9\nksm_zero_pages 50\nksm_merging_pages ${pages}\n`);
    put(root, `proc/${pid}/cgroup`, `0::${group}\n`);
  }
  const limit = (group: string, roomPages: number): void => {
    put(root, `sys/fs/cgroup${group}/memory.max`, `${GIB}\n`);
    put(root, `sys/fs/cgroup${group}/memory.current`, `${GIB - roomPages * 4096}\n`);
  };
  limit('/vms', 650);
  limit('/vms/a', 300);
  expect(planUnmerge(4096, root).tight).toEqual([]);
  limit('/vms/b', 349);
  limit('/vms', 100);
  const plan = planUnmerge(4096, root);
  expect(plan.tight.map(({ group, neededBytes }) => [group, neededBytes / 4096])).toEqual([
    ['/vms', 650],
    ['/vms/b', 350],
  ]);
  expect(thrownBy(() => checkUnmerge(plan))).toMatchObject({
    code: 'MEMORY_SHORT',
    message:
      'unmerging takes up to 2.5 MiB in the control group /vms, which has room for 0.4 MiB below its limit of 1024.0 MiB',
    hint: expect.stringContaining('The same of 1 more.') as string,
  });
});

it('refuses without KSM, and where the kernel does not tell what is available', () => {
  expect(thrownBy(() => planUnmerge(4096, temporaryFolder()))).toMatchObject({ code: 'KSM_ABSENT' });
  const root = host(10);
  put(root, 'proc/meminfo', 'MemTotal: 100 kB\n');
  expect(thrownBy(() => planUnmerge(4096, root))).toMatchObject({ code: 'MEMORY_SHORT' });
});

it('tells how far it is, and leaves run as the writer set it', async () => {
  const root = host(1000);
  const writer = new TestWriter();
  const seen: number[] = [];
  const running = unmerge(root, writer, {
    onProgress: (left) => {
      seen.push(left);
      if (seen.length === 1) state(root, 400);
      else if (seen.length === 2) state(root, 0);
      else writer.end();
    },
  });
  await expect(running).resolves.toMatchObject({ leftPages: 0, run: 1 });
  expect(seen.slice(0, 3)).toEqual([1000, 400, 0]);
  expect(writer.stops).toBe(0);
});

it('stops where memory runs short meanwhile, and sets run itself', async () => {
  const root = host(1000);
  const writer = new TestWriter(() => {
    put(root, `${KSM}/run`, '0\n'); // as the kernel does on a signal
  });
  const onProgress = (): void => {
    state(root, 600, 1);
  };
  await expect(unmerge(root, writer, { onProgress })).rejects.toMatchObject({
    code: 'UNMERGE_STOPPED',
    message: 'unmerging ended early with about 600 of 1000 pages left: only 1024 MiB were available',
  });
  expect(writer.stops).toBeGreaterThan(0);
  expect(planUnmerge(4096, root).run).toBe(1);
});

it('stops on a signal', async () => {
  const interrupt = new AbortController();
  const root = host(1000);
  const onProgress = (): void => {
    interrupt.abort();
  };
  await expect(unmerge(root, new TestWriter(), { signal: interrupt.signal, onProgress })).rejects.toMatchObject({
    message: 'unmerging ended early with about 1000 of 1000 pages left: it was interrupted',
  });
});

it('does not go on blind', async () => {
  const root = host(1000);
  const onProgress = (): void => {
    put(root, 'proc/meminfo', 'MemAvailable: much\n');
  };
  await expect(unmerge(root, new TestWriter(), { onProgress })).rejects.toMatchObject({
    message: expect.stringContaining('KSM_FILE_MALFORMED') as string,
  });
});

it('survives its writer: killed when memory ran out, run is set all the same', async () => {
  const root = host(1000);
  const writer = new TestWriter();
  const running = unmerge(root, writer, { runAfter: 0 });
  put(root, `${KSM}/run`, '2\n');
  writer.end('SIGKILL ended it');
  await expect(running).rejects.toMatchObject({
    code: 'UNMERGE_STOPPED',
    message: expect.stringContaining('SIGKILL ended it') as string,
    hint: expect.stringContaining('run is 0 again') as string,
  });
  expect(planUnmerge(4096, root).run).toBe(0);
});
