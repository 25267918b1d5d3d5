import { KiteError } from '../../core/errors.ts';

/** @param reason why, in words for whoever runs this: it is logged, and holds no part of a credential */
export function unauthenticated(reason: string): KiteError {
  return new KiteError('unauthenticated', { cause: reason, headers: { 'WWW-Authenticate': 'Bearer' } });
}

/** Whoever could tell does not: this is never taken for a yes. */
export function unanswered(who: string, cause: unknown): KiteError {
  return new KiteError('unavailable', {
    message: `${who} does not say now who may do what; nothing was written. Send the same request again.`,
    headers: { 'Retry-After': '2' },
    cause,
  });
}

/** @param wait milliseconds until it may go better */
export function rateLimited(message: string, wait: number): KiteError {
  return new KiteError('rate_limited', {
    message,
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(wait / 1000))) },
  });
}
