/** A reason not to go on that is not a defect: what is in the way, and what to do about it. */
export class Refusal extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'Refusal';
    this.hint = hint;
  }
}

/** Wrong usage of the command line: exit code 2. */
export class UsageError extends Error {}
