import { backoff } from '../patience.ts';
import type { Circuit as CircuitName } from './types.ts';

/** Failures in a row after which the circuit is open. */
const mostFailures = 5;
/** Whatever a server asks for, nothing waits longer than an hour. */
const longestWait = 60 * 60 * 1000;

export interface CircuitOptions {
  /** In milliseconds. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/**
 * When the next attempt may be made. After each failure a pause is drawn between nothing and a bound that doubles (full
 * jitter), so that many operators do not come back together. After five failures in a row the circuit is open: then a
 * pause is a tenth of the longest at least, and there is one attempt after each, until one succeeds.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #failures = 0;
  #isTrying = false;
  /** Of `performance.now()`. */
  #readyAt = 0;
  #isAsked = false;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  get state(): CircuitName {
    if (this.#failures < mostFailures) {
      return 'closed';
    }
    return this.#isTrying ? 'half-open' : 'open';
  }

  /**
   * Milliseconds until the next attempt may be made.
   *
   * @param now of `performance.now()`
   */
  pause(now: number): number {
    return Math.max(0, this.#readyAt - now);
  }

  /** Shortens a pause that the server did not ask for. */
  hurry(now: number, mostMs: number): void {
    if (!this.#isAsked) {
      this.#readyAt = Math.min(this.#readyAt, now + mostMs);
    }
  }

  try(): void {
    this.#isTrying = true;
  }

  succeeded(): void {
    this.#isTrying = false;
    this.#isAsked = false;
    this.#failures = 0;
    this.#readyAt = 0;
  }

  /**
   * @param retryAfterMs what the server asked for
   * @returns the pause, in milliseconds
   */
  failed(now: number, retryAfterMs?: number): number {
    const { firstPauseMs, longestPauseMs, random } = this.#options;
    this.#isTrying = false;
    this.#failures += 1;
    const least = this.#failures < mostFailures ? 0 : longestPauseMs / 10;
    const drawn = Math.max(least, backoff(this.#failures, firstPauseMs, longestPauseMs, random));
    this.#isAsked = retryAfterMs !== undefined;
    const asked = Math.min(retryAfterMs ?? 0, longestWait);
    const pause = Math.max(drawn, asked === 0 ? 0 : asked + random() * firstPauseMs);
    this.#readyAt = now + pause;
    return pause;
  }
}

/**
 * What a `Retry-After` asks for, in milliseconds: seconds, or a date.
 *
 * @param now milliseconds since 1970
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) {
    return Math.min(Number(text) * 1000, longestWait);
  }
  const date = /^[A-Z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), longestWait);
}
