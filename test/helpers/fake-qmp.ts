import { createServer, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';

/** An object as `qom-get` shows it. */
export type FakeObject = Record<string, unknown>;

export interface FakeQmpOptions {
  /** What is sent to each client at once; by default QEMU's greeting. */
  readonly greeting?: string;
  /** Answers in place of QEMU's: text is sent as it is, `undefined` leaves it to the fake. */
  readonly answer?: (command: string, id: number) => string | undefined;
  readonly name?: string;
  readonly objects?: Record<string, FakeObject>;
  /** Told after each qom-set. */
  readonly onSet?: (path: string, property: string, value: unknown) => void;
}

export const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}\r\n';

/** QEMU's monitor at a Unix socket, as far as ksmpilot talks to it, and as badly behaved as a test wants it. */
export class FakeQmp implements AsyncDisposable {
  readonly path: string;
  readonly commands: string[] = [];
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor(path: string, options: FakeQmpOptions) {
    this.path = path;
    this.#server = createServer((client) => {
      this.#clients.add(client);
      client.on('error', () => undefined);
      client.write(options.greeting ?? GREETING);
      let rest = '';
      client.on('data', (chunk) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#serve(client, line, options);
      });
    });
  }

  static async listen(path: string, options: FakeQmpOptions = {}): Promise<FakeQmp> {
    const fake = new FakeQmp(path, options);
    await new Promise<void>((resolve) => fake.#server.listen(path, resolve));
    return fake;
  }

  #serve(client: Socket, line: string, options: FakeQmpOptions): void {
    const {
      execute,
      arguments: args,
      id,
    } = JSON.parse(line) as {
      execute: string;
      arguments: Record<string, string>;
      id: number;
    };
    this.commands.push(execute);
    const special = options.answer?.(execute, id);
    if (special === '') return;
    const object = options.objects?.[(args['path'] ?? '').replace('/objects/', '')];
    const value = (): unknown => {
      switch (execute) {
        case 'query-name':
          return options.name === undefined ? {} : { name: options.name };
        case 'qom-list':
          return Object.entries(options.objects ?? {}).map(([name, one]) => ({ name, type: one['type'] }));
        case 'qom-get':
          return object?.[args['property'] ?? ''];
        case 'qom-set': {
          const property = args['property'] ?? '';
          if (object !== undefined) object[property] = args['value'];
          options.onSet?.(args['path'] ?? '', property, args['value']);
          return {};
        }
        default:
          return {};
      }
    };
    client.write(special ?? `${JSON.stringify({ return: value(), id })}\r\n`);
  }

  /** Ends all connections, as a QEMU that dies. */
  drop(): void {
    for (const client of this.#clients) client.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.path, { force: true });
  }
}

export function ram(merge: boolean, extra: FakeObject = {}): FakeObject {
  return { type: 'child<memory-backend-ram>', merge, share: false, size: 256 * 2 ** 20, ...extra };
}
