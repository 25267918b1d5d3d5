/**
 * The closed list of what can go wrong, as a caller sees it.
 *
 * A code is stable and documented in docs/errors.md; the status is picked here and nowhere else; the
 * sentence says what to change. A private cause travels with the error to the log and never to the caller.
 */
export const errorTable = {
  invalid_json: { status: 400, retryable: false, sentence: 'The body is not valid JSON.' },
  invalid_request: {
    status: 400,
    retryable: false,
    sentence: 'The request does not have the documented form; see details.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    sentence: 'Say who you are: send Authorization: Bearer with a token or an API key that is valid here.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    sentence: 'You may not do this here.',
  },
  namespace_mismatch: {
    status: 403,
    retryable: false,
    sentence: 'The namespace that was asked for is not the namespace of what is read or written.',
  },
  foreign_origin: {
    status: 403,
    retryable: false,
    sentence:
      'A page of another site may not write here; call from a program, or from a page of this machine.',
  },
  not_found: { status: 404, retryable: false, sentence: 'There is no such thing.' },
  route_not_found: {
    status: 404,
    retryable: false,
    sentence: 'There is no such route; GET /api/v1/openapi.json lists all of them.',
  },
  webhook_disabled: {
    status: 404,
    retryable: false,
    sentence: 'This webhook is switched off on this server.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    sentence: 'This route does not take that method; the Allow header lists those that it takes.',
  },
  request_timeout: {
    status: 408,
    retryable: true,
    sentence: 'The request did not arrive completely in time; send it again.',
  },
  already_related: {
    status: 409,
    retryable: false,
    sentence: 'These two issues are related already.',
  },
  limit_reached: {
    status: 409,
    retryable: false,
    sentence: 'The issue holds as many of these as it may.',
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    sentence: 'The body is larger than 4 MiB; send less, or send it in parts.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    sentence: 'Send the body as Content-Type: application/json.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    sentence: 'These are too many requests at once; send the same request again after Retry-After seconds.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    sentence: 'The request line and headers are too large; send fewer or shorter ones.',
  },
  internal: {
    status: 500,
    retryable: true,
    sentence: 'Something failed here; the request id finds it in the log.',
  },
  outcome_unknown: {
    status: 504,
    retryable: true,
    sentence:
      'Whether this was done cannot be told now. Send the same request with the same event ids again: what was done is not done twice.',
  },
  unavailable: {
    status: 503,
    retryable: true,
    sentence: 'The database cannot answer now; nothing may have been written. Send the same request again.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; sentence: string }>;

export type ErrorCode = keyof typeof errorTable;

/** One thing that is wrong with a request: where (`body.scope.resourceName`) and what to change. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export class KiteError extends Error {
  override readonly name = 'KiteError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  /** Response headers that belong to the error, such as `Allow`, `Retry-After` or `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    options: {
      /** Public: a sentence that says what to change. The table's own sentence when absent. */
      readonly message?: string;
      readonly problems?: readonly Problem[];
      readonly headers?: Readonly<Record<string, string>>;
      /** Private: logged, never shown. */
      readonly cause?: unknown;
    } = {},
  ) {
    super(options.message ?? errorTable[code].sentence, { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}
