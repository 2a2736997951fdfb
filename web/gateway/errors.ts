/** What the gateway itself refuses, with a code of docs/errors.md, so that the caller can report it like its own errors. */

export type GatewayErrorCode = 'BIND_REFUSED' | 'CONFIG_INVALID' | 'PORT_IN_USE';

export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  /** The cure, one sentence. */
  readonly hint: string;

  constructor(code: GatewayErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayError';
    this.code = code;
    this.hint = hint;
  }
}
