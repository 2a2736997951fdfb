import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file of mode 0600 so that a reader, or the next start after kill -9 or a power cut, sees the old text or
 * the new, never a part. The folder must be ours alone (state-dir.ts).
 *
 * Throws the system's error; the old file is then as it was.
 */
export function writeFileAtomic(path: string, text: string): void {
  const temporary = `${path}.new`;
  // What a killed writer left there goes first: O_EXCL then makes sure that mode and owner are ours.
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Removes a file for good; one that is not there is no error. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

/** A rename or a removal is on disk only once its folder is. */
function syncFolder(dir: string): void {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
