import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fillImage } from '../../../../src/agent/demo/content.js';
import { VM_PAGE, vmRoot } from '../../../../src/agent/demo/vm-root.js';

const BUSYBOX = Buffer.from('busybox stands here');

describe('the root file system', () => {
  it('holds the program, the script and the image, page by page as the process guests have it', () => {
    const archive = vmRoot(BUSYBOX, 7);
    const image = new ArrayBuffer(7 * VM_PAGE);
    fillImage(image, 0, 7, VM_PAGE);
    expect(archive.includes(Buffer.from(image))).toBe(true);
    expect(archive.includes(BUSYBOX)).toBe(true);
    for (const name of ['bin/busybox', 'dev', 'image', 'init']) expect(archive.includes(`${name}\0`)).toBe(true);
  });

  it('is the same for all machines', () => {
    expect(vmRoot(BUSYBOX, 3).equals(vmRoot(BUSYBOX, 3))).toBe(true);
  });

  it('has a script that a shell can read', () => {
    const text = vmRoot(BUSYBOX, 3).toString('latin1');
    const from = text.indexOf('#!/bin/busybox sh');
    const script = text.slice(from, text.indexOf('\0', from));
    expect(execFileSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toBe('');
    // A page beyond the image is refused: dd would make the file longer.
    expect(script).toContain('-le 3 ]');
  });
});
