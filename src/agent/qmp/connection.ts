/** One connection to QEMU's monitor: opened, asked a few things, closed soon. QEMU serves one client at a time. */

import { connect, type Socket } from 'node:net';
import { errnoOf, KsmpilotError } from '../errors.js';
import { parseQmpMessage, QmpSplitter, type QmpMessage } from './message.js';

/** Longest message that is read, in characters: /objects of a guest with a thousand memory devices has 100 kB. */
const MESSAGE_MAX = 1024 * 1024;

/**
 * How long QEMU may take for its greeting, in milliseconds. It sends it at once to the client that it serves; others
 * wait unheard until that one leaves, and tools that ask one thing at a time are gone within a second.
 */
const GREETING_MS = 5_000;

/** QEMU answers a question within milliseconds, except while its main loop is busy. Milliseconds. */
const ANSWER_MS = 10_000;

type Answer = Extract<QmpMessage, { type: 'greeting' | 'return' | 'error' }>;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: KsmpilotError) => void;
  readonly timer: NodeJS.Timeout;
}

export interface QmpOptions {
  /** What the socket is called in messages, if not by its path. */
  readonly name?: string;
  readonly greetingMs?: number;
  readonly answerMs?: number;
}

export class QmpConnection {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #answerMs: number;
  readonly #splitter = new QmpSplitter(MESSAGE_MAX);
  #waiting: Waiting | undefined;
  #failure: KsmpilotError | undefined;
  /** An answer that came while nobody waited: the greeting can be faster than we are. */
  #early: Answer | undefined;
  #lastId = 0;

  private constructor(socket: Socket, name: string, answerMs: number) {
    this.#socket = socket;
    this.#name = name;
    this.#answerMs = answerMs;
  }

  /**
   * Connects and agrees on the protocol.
   *
   * @param path of a Unix socket, at most 107 bytes
   * @throws KsmpilotError QMP_UNREACHABLE, QMP_TAKEN, QMP_FAILED
   */
  static async open(path: string, options: QmpOptions = {}): Promise<QmpConnection> {
    const { name = path, greetingMs = GREETING_MS, answerMs = ANSWER_MS } = options;
    const socket = connect({ path });
    const connection = new QmpConnection(socket, name, answerMs);
    connection.#listen();
    try {
      const greeting = await connection.#wait(greetingMs, () => taken(name, greetingMs));
      if (greeting.type !== 'greeting') throw connection.#strange('an answer before its greeting');
      await connection.execute('qmp_capabilities');
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * One command and its answer. One at a time.
   *
   * @param timeoutMs for this command, where it takes longer than a question
   * @throws KsmpilotError QMP_REFUSED with what QEMU says against it; QMP_FAILED when no answer came, and then the
   *   connection is closed
   */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    timeoutMs: number = this.#answerMs,
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.#wait(timeoutMs, () => this.#silent(command, timeoutMs));
    if (this.#failure === undefined) {
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\r\n`);
    }
    const message = await answer;
    // What QEMU cannot parse it answers without an id.
    if (message.type === 'greeting' || (message.id ?? id) !== id) throw this.#fail(this.#strange('another answer'));
    if (message.type === 'return') return message.value;
    throw new KsmpilotError('QMP_REFUSED', `QEMU refuses ${command}: ${message.text} (${message.class})`, {
      hint: 'Nothing was changed by it.',
    });
  }

  close(): void {
    this.#fail(failed(this.#name, 'it was closed by us'));
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text) => {
      this.#hear(String(text));
    });
    this.#socket.on('error', (error) => {
      this.#fail(unreachable(this.#name, error));
    });
    this.#socket.on('close', () => {
      this.#fail(failed(this.#name, 'QEMU closed the connection'));
    });
  }

  #hear(text: string): void {
    const messages = this.#splitter.add(text);
    if (messages === undefined) {
      this.#fail(this.#strange(`a message of more than ${MESSAGE_MAX} characters`));
      return;
    }
    for (const line of messages) {
      const message = parseQmpMessage(line);
      if (message === undefined) {
        this.#fail(this.#strange(JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}...` : line)));
        return;
      }
      // Events come at any time, even before the greeting: those of the client before us.
      if (message.type === 'event') continue;
      if (this.#waiting === undefined) this.#early = message;
      else this.#settle()?.resolve(message);
    }
  }

  #wait(timeoutMs: number, late: () => KsmpilotError): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const early = this.#early;
      this.#early = undefined;
      if (early !== undefined) resolve(early);
      else if (this.#failure !== undefined) reject(this.#failure);
      else {
        const timer = setTimeout(() => {
          this.#fail(late());
        }, timeoutMs);
        this.#waiting = { resolve, reject, timer };
      }
    });
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) clearTimeout(waiting.timer);
    return waiting;
  }

  /** The first failure is the one that is told. */
  #fail(error: KsmpilotError): KsmpilotError {
    this.#failure ??= error;
    this.#settle()?.reject(this.#failure);
    this.#socket.destroy();
    return this.#failure;
  }

  #strange(what: string): KsmpilotError {
    return failed(this.#name, `it sent ${what}, which is not QMP`);
  }

  #silent(command: string, timeoutMs: number): KsmpilotError {
    return failed(this.#name, `no answer to ${command} within ${timeoutMs / 1000} s`);
  }
}

function taken(name: string, greetingMs: number): KsmpilotError {
  return new KsmpilotError('QMP_TAKEN', `the monitor at ${name} did not greet within ${greetingMs / 1000} s`, {
    hint: 'QEMU serves one client at a time: end the other one, or give the guest a second -qmp socket. Else QEMU hangs.',
  });
}

function failed(name: string, why: string): KsmpilotError {
  return new KsmpilotError('QMP_FAILED', `the monitor at ${name} failed: ${why}`, {
    hint: "Look at the guest and at QEMU's log, then try again; `ksmpilot guest GUEST merge off --dry-run` changes nothing.",
  });
}

function unreachable(name: string, cause: Error): KsmpilotError {
  const errno = errnoOf(cause) ?? cause.message;
  switch (errno) {
    case 'EAGAIN':
      return new KsmpilotError('QMP_TAKEN', `the monitor at ${name} has clients waiting already (EAGAIN)`, {
        hint: 'QEMU serves one client at a time: end the others, or give the guest a second -qmp socket.',
        cause,
      });
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new KsmpilotError('QMP_UNREACHABLE', `nobody listens at ${name} (${errno})`, {
        hint: 'The socket was removed, or made anew by another QEMU: restart the guest with a -qmp socket of its own.',
        cause,
      });
    case 'EPIPE':
    case 'ECONNRESET':
      return failed(name, `QEMU closed the connection (${errno})`);
    default:
      return new KsmpilotError('QMP_UNREACHABLE', `connecting to ${name} failed with ${errno}`, {
        hint: 'Run as root, on the host itself.',
        cause,
      });
  }
}
