import { InvalidArgumentError } from 'commander';

/** The kernel's limit (PID_MAX_LIMIT of include/linux/threads.h). */
const MAX_PID = 2 ** 22;

/** @throws InvalidArgumentError */
export function readPid(text: string): number {
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid < 1 || pid > MAX_PID) throw new InvalidArgumentError('It must be a process id.');
  return pid;
}

/** Share of all contents, per cent: of a host with 16 TiB, the least that is taken looks at some 40 contents. @throws InvalidArgumentError */
export function readRatePct(text: string): number {
  return readPct(text, 0.000_001);
}

/** Share of a core, per cent: with less, one pause would last minutes. @throws InvalidArgumentError */
export function readCpuPct(text: string): number {
  return readPct(text, 0.1);
}

function readPct(text: string, least: number): number {
  const value = Number(text);
  if (!/^[\d.]+$/.test(text) || !(value >= least && value <= 100)) {
    throw new InvalidArgumentError(`It must be a number from ${least.toFixed(6).replace(/0+$/, '')} to 100.`);
  }
  return value;
}
