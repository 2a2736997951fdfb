/**
 * The root file system of a demonstration machine: busybox, the common image as one file, and a script that does what
 * it is told on the serial line. Pure.
 *
 * The file lies in the guest's page cache: one page of the file is one page of the guest's memory, and so one page of
 * the host's. All machines have the same file, as machines installed from one template have.
 */

import { fillImage } from './content.js';
import { type ArchiveEntry, DATA, FOLDER, PROGRAM, cpioArchive } from './cpio.js';

/** Guests are x86-64 Linux, whatever the host's page size. */
export const VM_PAGE = 4096;

/**
 * One command a line, one answer a line, `ok ...` or `err ...`; all numbers are pages of the image.
 *
 *   touch FROM COUNT   writes what is there already: breaks merges, which ksmd finds equal again
 *   write FROM COUNT   writes random content: breaks merges for good
 *   sum                the image's md5, to show that merging changes nothing
 *   off                ends the machine
 */
const init = (imagePages: number): string => `#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs none /dev
exec </dev/ttyS0 >/dev/ttyS0 2>/dev/null
$b stty raw -echo
copy() {
  [ $(($3 + $4)) -le ${imagePages} ] || { echo err no such pages; return; }
  $b dd if=$1 of=/image bs=${VM_PAGE} skip=$2 seek=$3 count=$4 conv=notrunc && echo ok || echo err dd
}
echo ok ready
while read -r verb from count; do
  case $verb in
    touch) copy /image $from $from $count ;;
    write) copy /dev/urandom 0 $from $count ;;
    sum) set -- $($b md5sum /image); echo ok $1 ;;
    off) break ;;
    *) echo err unknown command ;;
  esac
done
$b poweroff -f
`;

/**
 * @param busybox a statically linked busybox with sh, dd, mount, stty, md5sum and poweroff, as Debian's busybox-static
 * @param imagePages of {@link VM_PAGE} bytes
 */
export function vmRoot(busybox: Uint8Array, imagePages: number): Buffer {
  const image = new ArrayBuffer(imagePages * VM_PAGE);
  fillImage(image, 0, imagePages, VM_PAGE);
  const entries: readonly ArchiveEntry[] = [
    { path: 'bin', mode: FOLDER },
    { path: 'bin/busybox', mode: PROGRAM, content: busybox },
    { path: 'dev', mode: FOLDER },
    { path: 'image', mode: DATA, content: new Uint8Array(image) },
    { path: 'init', mode: PROGRAM, content: Buffer.from(init(imagePages)) },
  ];
  return cpioArchive(entries);
}
