import { KiteAnswerError, KiteApiError, KiteNetworkError } from './failures.ts';

/** Chance and time of whoever calls. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** An id that nobody else has, in letters that a header takes. */
  readonly newId: () => string;
  /** Waits so many milliseconds; rejects with the signal's reason when that is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** How often something is tried, and how long it is waited in between. */
export interface Patience {
  /** At most, the first one counted. */
  readonly attempts: number;
  /** Milliseconds before the second attempt, at most; each time twice as many. */
  readonly firstWait: number;
  /** Milliseconds that are never exceeded between two attempts; who says `Retry-After` more is not asked again. */
  readonly longestWait: number;
}

export const usualPatience: Patience = { attempts: 4, firstWait: 250, longestWait: 20_000 };

const passing = new Set([408, 429, 500, 502, 503, 504]);

/** What never arrived, or was turned away before anything was done. */
function isUndone(error: unknown): boolean {
  if (error instanceof KiteNetworkError) return error.reason === 'refused' || error.reason === 'unresolved';
  return error instanceof KiteApiError && (error.status === 429 || error.status === 408);
}

function mayPass(error: unknown): boolean {
  if (error instanceof KiteNetworkError) return error.reason !== 'tls' && error.reason !== 'plain';
  return (error instanceof KiteApiError || error instanceof KiteAnswerError) && passing.has(error.status);
}

/**
 * How long to wait before the same is sent again, in milliseconds; null when it is not.
 *
 * @param attempt how many there have been
 * @param isSafe whether doing it twice is the same as once
 */
export function pauseAfter(
  error: unknown,
  attempt: number,
  isSafe: boolean,
  patience: Patience,
  random: () => number,
): number | null {
  if (attempt >= patience.attempts || !(isSafe ? mayPass(error) : isUndone(error))) return null;
  const told =
    error instanceof KiteApiError || error instanceof KiteAnswerError ? (error.retryAfter ?? 0) : 0;
  if (told > patience.longestWait) return null;
  const most = Math.min(patience.firstWait * 2 ** (attempt - 1), patience.longestWait);
  return told + most * random();
}

/** `Retry-After` in milliseconds: seconds, or a date. Null when it says nothing. */
export function readRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text.trim()) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
