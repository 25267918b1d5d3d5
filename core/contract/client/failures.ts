import type { ErrorCode, Problem } from '../../errors.ts';

/** The server understood the request and says no, or that it cannot now. */
export class KiteApiError extends Error {
  override readonly name = 'KiteApiError';
  readonly status: number;
  /** Of docs/errors.md; null where the answer names none that is known here. */
  readonly code: ErrorCode | null;
  readonly details: readonly Problem[];
  readonly requestId: string | null;
  /** How long to wait before the same is sent again, in milliseconds; null where the server does not say. */
  readonly retryAfter: number | null;

  constructor(
    message: string,
    said: {
      readonly status: number;
      readonly code: ErrorCode | null;
      readonly details: readonly Problem[];
      readonly requestId: string | null;
      readonly retryAfter: number | null;
    },
  ) {
    super(message);
    this.status = said.status;
    this.code = said.code;
    this.details = said.details;
    this.requestId = said.requestId;
    this.retryAfter = said.retryAfter;
  }
}

/**
 * How a connection can fail: nobody listens, the name leads nowhere, no answer in time, the connection ended before the
 * answer, what answers speaks no TLS, its certificate is not trusted, or none of these.
 */
export type NetworkReason = 'refused' | 'unresolved' | 'timeout' | 'closed' | 'plain' | 'tls' | 'unknown';

/** There is no answer. Whether the request was carried out is not known, except where the connection was refused. */
export class KiteNetworkError extends Error {
  override readonly name = 'KiteNetworkError';
  readonly url: string;
  readonly reason: NetworkReason;

  /** @param url where Kite was looked for, without the request's own path */
  constructor(url: string, reason: NetworkReason, cause: unknown) {
    super(`${url}: ${wordsOf(reason, cause)}`, { cause });
    this.url = url;
    this.reason = reason;
  }
}

/** What answers is not Kite, or something stands before it: a page, a redirect, another form. */
export class KiteAnswerError extends Error {
  override readonly name = 'KiteAnswerError';
  readonly url: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfter: number | null;

  /** @param what what came instead, such as `an HTML page` */
  constructor(
    url: string,
    what: string,
    said: { readonly status: number; readonly requestId: string | null; readonly retryAfter: number | null },
  ) {
    super(`${url} answers with ${what} (status ${said.status})`);
    this.url = url;
    this.status = said.status;
    this.requestId = said.requestId;
    this.retryAfter = said.retryAfter;
  }
}

const refused = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const unresolved = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const timeouts = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);
const closed = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'HPE_INVALID_CONSTANT']);
/** What OpenSSL says of an answer that is no TLS record. */
const plain = /wrong version number|packet length too long|http request/i;
const tls = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/;

/** What an exception of `fetch` means. */
export function reasonOf(error: unknown): NetworkReason {
  for (const one of chain(error)) {
    const { name, code, message } = one;
    if (name === 'TimeoutError') return 'timeout';
    if (typeof code !== 'string') continue;
    if (refused.has(code)) return 'refused';
    if (unresolved.has(code)) return 'unresolved';
    if (timeouts.has(code)) return 'timeout';
    if (closed.has(code)) return 'closed';
    if (tls.test(code)) return typeof message === 'string' && plain.test(message) ? 'plain' : 'tls';
  }
  return 'unknown';
}

interface Named {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** An error, what it wraps, and the parts that it joins. */
function chain(error: unknown): Named[] {
  const found: Named[] = [];
  const open: unknown[] = [error];
  while (open.length > 0 && found.length < 20) {
    const one = open.shift();
    if (typeof one !== 'object' || one === null) continue;
    const named: Named = one;
    found.push(named);
    open.push(named.cause, ...(Array.isArray(named.errors) ? named.errors : []));
  }
  return found;
}

function wordsOf(reason: NetworkReason, cause: unknown): string {
  switch (reason) {
    case 'refused':
      return 'connection refused';
    case 'unresolved':
      return 'there is no host of that name';
    case 'timeout':
      return 'no answer in time';
    case 'closed':
      return 'the connection ended before the answer';
    case 'plain':
      return 'it does not speak TLS';
    case 'tls':
      return `no trusted TLS connection (${innermost(cause)})`;
    case 'unknown':
      return innermost(cause);
  }
}

function innermost(error: unknown): string {
  const messages = chain(error).flatMap(({ message }) =>
    typeof message === 'string' && message !== '' ? [message] : [],
  );
  return messages.at(-1) ?? 'no answer';
}
