import type { Pending } from '../journal.ts';
import { Bell } from './bell.ts';
import { Consequences } from './consequences.ts';
import { NoReplyError, Transport } from './transport.ts';
import type { Flushed, Sender, SenderLimits, SenderOptions, SenderState } from './types.ts';
import { fewestWhenSlow, judge, type Verdict } from './verdict.ts';

const defaults: SenderLimits = {
  reports: 500,
  bytes: 3 * 1024 * 1024,
  waitMs: 200,
  connectMs: 10_000,
  requestMs: 60_000,
  firstPauseMs: 500,
  longestPauseMs: 60_000,
};
/** What the API and the issue allow at the most. */
const most = { reports: 500, bytes: 4 * 1024 * 1024, waitMs: 500 };
/** After so long without anything to do the journal is looked at again, in milliseconds. */
const idle = 5_000;
/** Of `{"reports":[]}`. */
const frame = 16;

/** One batch at a time, from the head of the journal. */
export class Courier implements Sender {
  readonly #options: SenderOptions;
  readonly #limits: SenderLimits;
  readonly #transport: Transport;
  readonly #consequences: Consequences;
  readonly #origin: string;
  readonly #stop = new AbortController();
  /** Rung when there may be something to do. */
  readonly #work = new Bell();
  /** Rung after each attempt. */
  readonly #progress = new Bell();
  readonly #unsubscribe: () => void;
  readonly #ended: Promise<void>;
  /** When what waits was first seen, of `performance.now()`. */
  #waitingSince: number | undefined;
  /** Until when all that waits is held, of `performance.now()`. */
  #idleUntil = 0;
  #flushes = 0;
  #isTurnOfOne = false;

  constructor(options: SenderOptions) {
    const limits = { ...defaults, ...options.limits };
    this.#options = options;
    this.#limits = {
      ...limits,
      reports: Math.min(limits.reports, most.reports),
      bytes: Math.min(limits.bytes, most.bytes) - frame,
      waitMs: Math.min(limits.waitMs, most.waitMs),
    };
    this.#transport = new Transport({ ...options, ...limits });
    this.#consequences = new Consequences({
      ...options,
      limits: this.#limits,
      isHurried: () => this.#flushes > 0,
    });
    this.#origin = new URL(options.url).origin;
    this.#unsubscribe = options.journal.onWaiting(() => this.#notice());
    this.#ended = this.#run();
  }

  state(): SenderState {
    return this.#consequences.state();
  }

  async flush(graceMs: number): Promise<Flushed> {
    const { journal } = this.#options;
    const before = this.#consequences.settled;
    const end = performance.now() + graceMs;
    this.#flushes += 1;
    this.#consequences.circuit.hurry(performance.now(), 0);
    this.#work.ring();
    try {
      while (journal.stats().pending > 0 && !this.#stop.signal.aborted) {
        const now = performance.now();
        if (now >= end || now + this.#consequences.circuit.pause(now) > end) {
          break;
        }
        await this.#progress.wait(end - now);
      }
    } finally {
      this.#flushes -= 1;
    }
    return { sent: this.#consequences.settled - before, left: journal.stats().pending };
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    this.#work.ring();
    await this.#ended;
    this.#progress.ring();
    await this.#transport.close();
  }

  #notice(): void {
    const now = performance.now();
    if (now < this.#idleUntil) {
      this.#idleUntil = 0;
      this.#waitingSince = now;
    }
    this.#work.ring();
  }

  async #run(): Promise<void> {
    await this.#options.journal.addressed(this.#options.url);
    while (!this.#stop.signal.aborted) {
      const pause = this.#pause(performance.now());
      if (pause > 0) {
        await this.#work.wait(Math.min(pause, idle));
        continue;
      }
      try {
        await this.#attempt();
      } catch (error) {
        // The journal could not be read; it tells by itself when it can be again.
        const reason = error instanceof Error ? error.message : String(error);
        this.#consequences.complain(`The journal cannot be read: ${reason}`);
        this.#options.log.error({ reason }, 'the journal cannot be read');
        this.#idleUntil = performance.now() + idle;
      }
      this.#progress.ring();
    }
  }

  /** Milliseconds until the next attempt. */
  #pause(now: number): number {
    const waiting = this.#options.journal.waiting();
    if (waiting === 0) {
      this.#waitingSince = undefined;
      return idle;
    }
    this.#waitingSince ??= now;
    const isFull = waiting >= this.#consequences.window.size || this.#flushes > 0;
    const linger = isFull ? 0 : this.#waitingSince + this.#limits.waitMs - now;
    return Math.max(linger, this.#consequences.circuit.pause(now), this.#idleUntil - now, 0);
  }

  async #attempt(): Promise<void> {
    const { journal, telemetry } = this.#options;
    const started = performance.now();
    const batch = await this.#take(started);
    if (batch.length === 0) {
      this.#idleUntil = started + Math.min(this.#consequences.holds.pause(started), idle);
      return;
    }
    // What was not taken has waited since now at the longest.
    this.#waitingSince = started;
    const ids = batch.map(({ id }) => id);
    try {
      this.#consequences.circuit.try();
      const verdict = await this.#post(batch);
      telemetry.time('send_seconds', (performance.now() - started) / 1000);
      if (verdict !== null) {
        await this.#consequences.follow(batch, verdict);
      }
    } finally {
      journal.release(ids);
    }
  }

  /** The next batch. Reports that are to be tried alone take turns with the others. */
  async #take(now: number): Promise<readonly Pending[]> {
    const { journal } = this.#options;
    const { holds, window, mostBytes } = this.#consequences;
    const alone = holds.alone(now);
    const takeAlone = () => journal.take({ reports: 1, bytes: mostBytes }, (subject) => subject !== alone);
    const takeRest = () => journal.take({ reports: window.size, bytes: mostBytes }, holds.filter(now));
    if (alone === undefined) {
      return takeRest();
    }
    this.#isTurnOfOne = !this.#isTurnOfOne;
    const rest = this.#isTurnOfOne ? [] : await takeRest();
    if (rest.length > 0) {
      return rest;
    }
    const one = await takeAlone();
    if (one.length > 0) {
      return one;
    }
    // Its report is gone.
    holds.settle(alone);
    return takeRest();
  }

  /** Null when it was stopped in between: nobody knows what became of the batch. */
  async #post(batch: readonly Pending[]): Promise<Verdict | null> {
    const body = `{"reports":[${batch.map(({ json }) => json).join(',')}]}`;
    try {
      const reply = await this.#transport.post(body, this.#stop.signal);
      return judge(reply, batch.length, this.#origin, this.#options.clock());
    } catch (error) {
      if (this.#stop.signal.aborted) {
        return null;
      }
      if (!(error instanceof NoReplyError)) {
        throw error;
      }
      return {
        kind: 'again',
        reason: error.isTimeout ? 'timeout' : 'unreachable',
        problem: error.message,
        retryAfterMs: undefined,
        fewest: error.isTimeout ? fewestWhenSlow : null,
      };
    }
  }
}
