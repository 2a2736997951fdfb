import { fileURLToPath } from 'node:url';
import { compile } from '../../../test/helpers/c-program.js';
import { ToldProcess } from '../../../test/helpers/told-process.js';
import { command } from './laws.js';
import type { Range } from './plan.js';

const SOURCE = fileURLToPath(new URL('../guest.c', import.meta.url));

/** Why there can be no guests here; undefined: there can. */
export function guestObstacle(): string | undefined {
  const result = compile(SOURCE);
  return 'path' in result ? undefined : result.why;
}

/**
 * A process of bench/bakeoff/guest.c. To everybody who looks for virtual machines it is one: ksmtuned looks for command
 * lines that match `^qemu-system.*-enable-kvm`, others for a process called qemu-system-x86 (the name, cut at 15 bytes).
 */
export class BenchGuest {
  readonly #told: ToldProcess;
  readonly #areas = new Set<Range>();

  private constructor(told: ToldProcess) {
    this.#told = told;
  }

  static async start(seed: number, number: number): Promise<BenchGuest> {
    const name = `guest=bench-${number},debug-threads=on`;
    const guest = new BenchGuest(await run(['qemu-system-x86_64', '-enable-kvm', '-name', name]));
    await guest.#told.ask(`seed ${seed} ${number}`);
    return guest;
  }

  get pid(): number {
    return this.#told.pid;
  }

  /** Maps the ranges that are due and not there yet, makes them mergeable, and takes their laws to heart. */
  async mapDue(ranges: readonly Range[], ms: number): Promise<void> {
    for (const range of ranges) {
      if (!this.#areas.has(range) && (range.mapMs ?? -Infinity) <= ms) await this.#map(range);
    }
  }

  /** Its memory becomes what the laws say for that time. */
  async at(ms: number): Promise<void> {
    await this.#told.ask(`at ${ms}`);
  }

  /** From now on it follows the clock. @param zeroNs of CLOCK_MONOTONIC, as process.hrtime has it */
  async begin(zeroNs: bigint): Promise<void> {
    await this.#told.ask(`begin ${zeroNs}`);
  }

  async kill(): Promise<void> {
    await this.#told.kill();
  }

  async #map(range: Range): Promise<void> {
    const area = this.#areas.size;
    this.#areas.add(range);
    await this.#told.ask(`map ${area} ${range.pages}`);
    for (const law of range.laws) await this.#told.ask(command(law, area, range.pages));
  }
}

/** A process without mergeable memory that does the same bit of work again and again, every 20 ms, about 2 % of a core. */
export class TimedGuest {
  readonly #told: ToldProcess;

  private constructor(told: ToldProcess) {
    this.#told = told;
  }

  static async start(): Promise<TimedGuest> {
    return new TimedGuest(await run(['bench-timed']));
  }

  async begin(): Promise<void> {
    await this.#told.ask('work');
  }

  /** Bits of work per second of the time from when each was due until it was done; null: none was. */
  async rate(): Promise<number | null> {
    const [times = 0, ns = 0] = (await this.#told.ask('rate')).split(' ').map(Number);
    return ns > 0 ? (times * 1e9) / ns : null;
  }

  async kill(): Promise<void> {
    await this.#told.kill();
  }
}

async function run(argv: readonly string[]): Promise<ToldProcess> {
  const result = compile(SOURCE);
  if (!('path' in result)) throw new Error(result.why);
  return ToldProcess.start(result.path, argv);
}
