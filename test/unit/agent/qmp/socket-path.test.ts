import { connect } from 'node:net';
import { chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSocketPath } from '../../../../src/agent/qmp/socket-path.js';
import { FakeQmp } from '../../../helpers/fake-qmp.js';
import { temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

const PID = 4242;
const me = process.getuid?.() ?? 0;
/** A host with one process, whose root is a folder of its own, as a container's is. */
let root: string;
let inside: string;

beforeEach(() => {
  root = temporaryFolder();
  inside = join(root, 'container');
  mkdirSync(join(root, 'proc', String(PID)), { recursive: true });
  mkdirSync(join(inside, 'run/real'), { recursive: true });
  symlinkSync(inside, join(root, 'proc', String(PID), 'root'));
  symlinkSync('/run', join(root, 'proc', String(PID), 'cwd'));
});

async function listen(path: string): Promise<void> {
  const server = await FakeQmp.listen(join(inside, path));
  onTestFinished(() => server[Symbol.asyncDispose]());
}

function open(path: string, uid: number | undefined = me): string {
  const socket = openSocketPath(path, { pid: PID, uid, root });
  onTestFinished(() => {
    socket.close();
  });
  return socket.path;
}

async function greeted(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path }, () => undefined);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().includes('QMP'));
    });
    socket.once('error', reject);
  });
}

describe('a socket', () => {
  it("is looked for below the process's root, and in its folder", async () => {
    await listen('run/a.qmp');
    for (const path of ['/run/a.qmp', 'a.qmp', '../run/./a.qmp', '/../../run/a.qmp']) {
      await expect(greeted(open(path)), path).resolves.toBe(true);
    }
  });

  it("is found through links, which start at the process's root and never leave it", async () => {
    await listen('run/real/a.qmp');
    symlinkSync('/run', join(inside, 'var'));
    symlinkSync('real', join(inside, 'run/relative'));
    symlinkSync('../../../../../../run/real/a.qmp', join(inside, 'run/up.qmp'));
    for (const path of ['/var/real/a.qmp', '/run/relative/a.qmp', '/run/up.qmp']) {
      await expect(greeted(open(path)), path).resolves.toBe(true);
    }
  });

  it('stays the one that was checked when its folder is moved', async () => {
    await listen('run/real/a.qmp');
    const path = open('/run/real/a.qmp');
    renameSync(join(inside, 'run/real'), join(inside, 'run/moved'));
    await expect(greeted(path)).resolves.toBe(true);
  });

  it('is one, and there', () => {
    writeFileSync(join(inside, 'run/file'), '');
    symlinkSync('loop', join(inside, 'run/loop'));
    for (const [path, why] of [
      ['/run/file', 'it is no socket'],
      ['/run/none', 'ENOENT'],
      ['/none/a', 'ENOENT'],
      ['/run/file/a', 'ENOTDIR'],
      ['/run/loop', 'too many symbolic links'],
      ['/', 'it is no socket'],
    ] as const) {
      expect(
        thrownBy(() => open(path)),
        path,
      ).toMatchObject({
        code: 'QMP_UNREACHABLE',
        message: `the monitor's socket ${path} cannot be used: ${why}`,
      });
    }
  });

  it("is root's or the user's whose process it is", async ({ skip }) => {
    if (me !== 0) skip('only root can give files away');
    await listen('run/a.qmp');
    chownSync(join(inside, 'run/a.qmp'), 1234, 1234);
    await expect(greeted(open('/run/a.qmp', 1234))).resolves.toBe(true);
    expect(thrownBy(() => open('/run/a.qmp', 1235))).toMatchObject({
      message: expect.stringContaining("it belongs to uid 1234, neither root nor the guest's user") as string,
    });
    expect(thrownBy(() => open('/run/a.qmp'))).toMatchObject({ code: 'QMP_UNREACHABLE' });
  });
});
