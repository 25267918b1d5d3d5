/** The API server refused, or gave no (usable) answer. */
export class ClusterFailure extends Error {
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** The API server's word for it, such as `Forbidden`; empty when it gave none. */
  readonly reason: string;
  /** Milliseconds that the API server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    details: {
      readonly status?: number;
      readonly reason?: string;
      readonly retryAfter?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'ClusterFailure';
    this.status = details.status ?? 0;
    this.reason = details.reason ?? '';
    this.retryAfter = details.retryAfter;
  }
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ClusterFailure && statuses.includes(error.status);
}

/** What a `Status` object says, as the API server sends it for errors and in a watch. */
export function failureOf(value: unknown, status: number, retryAfterHeader?: string): ClusterFailure {
  const fields = isRecord(value) ? value : {};
  const details = isRecord(fields.details) ? fields.details : {};
  const seconds = Number(retryAfterHeader ?? details.retryAfterSeconds);
  return new ClusterFailure(
    typeof fields.message === 'string' && fields.message !== '' ? fields.message : `HTTP status ${status}`,
    {
      status: status > 0 || typeof fields.code !== 'number' ? status : fields.code,
      reason: typeof fields.reason === 'string' ? fields.reason : '',
      retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    },
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
