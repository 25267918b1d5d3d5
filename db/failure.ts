import { KiteError } from '../core/errors.ts';

/** How long a caller should wait before it asks again, in seconds. */
const retryAfter = '2';

/**
 * SQLSTATE classes and codes that say "not now" rather than "never": connection, resources, operator, time; and whom the
 * database does not let in, since passwords are changed while we run.
 */
const passing = /^(08...|28000|28P01|53...|57P..|57014|55000|55P03|40001|40P01|25006|3D000|58030|XX000)$/;
const passingNames = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** The SQLSTATE or the connection's own code, wherever Drizzle or the driver has put it. */
export function failureCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) {
    return null;
  }
  if ('code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return 'cause' in error ? failureCode(error.cause) : null;
}

/**
 * Turns what the database says into what a caller may be told. What may pass becomes `unavailable` with
 * Retry-After; the rest is left as it is, a fault of ours. The database's own words stay in the cause.
 */
export function asKiteError(error: unknown): unknown {
  const code = failureCode(error);
  if (error instanceof KiteError || code === null || !(passing.test(code) || passingNames.has(code))) {
    return error;
  }
  return new KiteError('unavailable', { headers: { 'Retry-After': retryAfter }, cause: error });
}

/** A connection that was lost while a statement was under way: it may have been carried out. */
const lost = new Set(['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Whether the connection was lost while a statement was under way, so that it may have been carried out. */
export function isOutcomeUnknown(error: unknown): boolean {
  const cause = error instanceof KiteError ? error.cause : error;
  return lost.has(failureCode(cause) ?? '');
}

/** Says that it cannot be told whether a statement was carried out. */
export function outcomeUnknown(cause: unknown): KiteError {
  return new KiteError('outcome_unknown', { headers: { 'Retry-After': retryAfter }, cause });
}

/** Says that a cursor is none that a list of ours has given. */
export function cursorProblem(): KiteError {
  return new KiteError('invalid_request', {
    problems: [
      { path: 'query.cursor', message: 'is not a cursor of this list; take nextCursor of the page before' },
    ],
  });
}

/** SQLSTATEs after which the same transaction can be tried at once: nothing of it was kept. */
const contested = new Set(['40001', '40P01']);

/** Runs a transaction again, twice at the most, when it lost against another one. */
export async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 3 || !contested.has(failureCode(error) ?? '')) {
        throw asKiteError(error);
      }
    }
  }
}
