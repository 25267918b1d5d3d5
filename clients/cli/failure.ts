/** What ends a command, in one sentence for the one who typed it. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. */
export class UsageError extends Failure {
  constructor(message: string) {
    super(message, exitCodes.usage);
  }
}

export const exitCodes = {
  done: 0,
  /** Only of `kite check`: there are issues. */
  found: 1,
  usage: 2,
  /** It could not be asked, or was refused. */
  failed: 3,
} as const;
