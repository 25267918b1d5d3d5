import type { Pending, Refusal } from '../journal.ts';
import { Circuit } from './circuit.ts';
import { Holds } from './holds.ts';
import type { SenderLimits, SenderOptions, SenderState } from './types.ts';
import type { Verdict } from './verdict.ts';
import { Window } from './window.ts';

/** A batch that was too large is not followed by ones limited to less than this, in bytes. */
const fewestBytes = 64 * 1024;
/** The longest pause while there is a hurry, in milliseconds. */
const hurry = 1_000;
/** After so many failures in a row that a smaller batch may mend, a smaller one is tried. */
const patience = 2;

type Answered = Extract<Verdict, { kind: 'answered' }>;
type Unfit = Extract<Verdict, { kind: 'unfit' }>;
type Again = Extract<Verdict, { kind: 'again' }>;

export interface ConsequencesOptions
  extends Pick<SenderOptions, 'journal' | 'telemetry' | 'log' | 'clock' | 'random'> {
  readonly limits: SenderLimits;
  /** Whether pauses are to be short, since the operator ends. */
  readonly isHurried: () => boolean;
}

/** What follows from a verdict: for its reports in the journal, for the next batch, and for when that may be sent. */
export class Consequences {
  readonly circuit: Circuit;
  readonly holds: Holds;
  readonly window: Window;
  readonly #options: ConsequencesOptions;
  #mostBytes: number;
  #settled = 0;
  /** Failures in a row that a smaller batch may mend. */
  #heavy = 0;
  #lastSuccess: number | null = null;
  /** The same, of `performance.now()`. */
  #lastAccepted = Number.NEGATIVE_INFINITY;
  #nextTry: number | null = null;
  #problem: string | undefined;

  constructor(options: ConsequencesOptions) {
    const { limits, random } = options;
    const timing = { firstPauseMs: limits.firstPauseMs, longestPauseMs: limits.longestPauseMs, random };
    this.#options = options;
    this.#mostBytes = limits.bytes;
    this.circuit = new Circuit(timing);
    this.holds = new Holds(timing);
    this.window = new Window(limits.reports);
  }

  /** How many bytes the next batch may have: less than the limit once a batch was too large for something on the way. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** How many reports were delivered or refused. */
  get settled(): number {
    return this.#settled;
  }

  state(): SenderState {
    return {
      circuit: this.circuit.state,
      lastSuccess: this.#lastSuccess,
      nextTry: this.#nextTry,
      failures: this.circuit.failures,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  complain(problem: string): void {
    this.#problem = problem;
  }

  async follow(batch: readonly Pending[], verdict: Verdict): Promise<void> {
    const [first] = batch;
    switch (verdict.kind) {
      case 'answered':
        this.#succeeded(batch.length);
        await this.#settle(batch, verdict);
        break;
      case 'unfit':
        if (batch.length === 1 && first !== undefined) {
          await this.#judgeOne(first, verdict);
        } else {
          this.#split(batch, verdict);
        }
        break;
      case 'again':
        this.#lighten(batch, verdict.fewest);
        this.#failed(verdict);
        break;
    }
  }

  /** Does with each report what the server said of it. */
  async #settle(batch: readonly Pending[], { fates }: Answered): Promise<void> {
    const { telemetry, log, journal } = this.#options;
    const delivered: string[] = [];
    const writes: Promise<void>[] = [];
    const later: Pending[] = [];
    batch.forEach((report, place) => {
      const fate = fates[place];
      const { id, controller, subject } = report;
      if (fate?.kind === 'delivered') {
        this.holds.settle(subject);
        delivered.push(id);
        telemetry.count('reports_sent', { controller, outcome: fate.status });
      } else if (fate?.kind === 'refused') {
        writes.push(this.#bury(report, fate.refusal));
      } else {
        later.push(report);
        telemetry.count('reports_sent', { controller, outcome: 'retryable' });
        log.warn({ controller, id, reason: fate?.reason }, 'the server cannot take a report yet');
      }
    });
    // After the others: a newer report on the same subject may have been taken, and the older one is still to be sent.
    const now = performance.now();
    for (const { subject } of later) {
      this.holds.hold(subject, now, false);
    }
    this.#settled += delivered.length;
    writes.push(journal.delivered(delivered));
    await Promise.all(writes);
  }

  async #bury({ id, controller, subject }: Pending, refusal: Refusal): Promise<void> {
    const { telemetry, log, journal } = this.#options;
    this.holds.settle(subject);
    this.#settled += 1;
    telemetry.count('reports_sent', { controller, outcome: 'rejected' });
    log.warn({ controller, id, refusal }, 'the server refused a report; it is a dead letter now');
    await journal.refused(id, refusal);
  }

  /** The guilty report is found. Where it is not sure that it is the report's fault, it waits and the others go on. */
  async #judgeOne(report: Pending, { refusal, isCertain }: Unfit): Promise<void> {
    const since = this.holds.since(report.subject);
    this.window.found();
    if (isCertain) {
      this.#reached();
    }
    if (isCertain || (since !== undefined && since < this.#lastAccepted)) {
      await this.#bury(report, refusal);
      return;
    }
    this.holds.hold(report.subject, performance.now(), true);
    this.#failed(this.#unfit(refusal));
  }

  #split(batch: readonly Pending[], { refusal, isCertain, isTooLarge }: Unfit): void {
    this.window.refused(batch.length);
    if (isTooLarge) {
      const bytes = batch.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0);
      this.#mostBytes = Math.max(fewestBytes, Math.floor(bytes / 2));
    }
    // While nothing works at all, it is not the reports: then the search for the guilty one is no reason to hammer.
    if (!isCertain && this.circuit.failures > 0) {
      this.#failed(this.#unfit(refusal));
      return;
    }
    if (isCertain) {
      this.#reached();
    }
    this.#options.telemetry.count('send_retries', { reason: String(refusal.status) });
  }

  #unfit({ status, message }: Refusal): Again {
    return {
      kind: 'again',
      reason: String(status),
      problem: `Reports are refused (${status})${message === '' ? '' : `: ${message}`}`,
      retryAfterMs: undefined,
      fewest: null,
    };
  }

  /** Where the same failure comes again and a smaller batch may do better, the next one is smaller. */
  #lighten(batch: readonly Pending[], fewest: number | null): void {
    const [first] = batch;
    this.#heavy = fewest === null ? 0 : this.#heavy + 1;
    if (first === undefined || fewest === null) {
      return;
    }
    const isSuspect = this.holds.isAlone(first.subject);
    if (batch.length > 1 && this.#heavy >= patience) {
      this.window.refused(batch.length, fewest);
    } else if (batch.length === 1 && fewest === 1 && (isSuspect || this.#heavy >= patience)) {
      // It may be this report that makes the server fail.
      this.window.found();
      this.holds.hold(first.subject, performance.now(), true);
    }
  }

  #succeeded(reports: number): void {
    this.#lastSuccess = this.#options.clock();
    this.#lastAccepted = performance.now();
    this.#options.telemetry.gauge('send_last_success_seconds', this.#lastSuccess / 1000);
    this.window.passed(reports);
    this.#reached();
  }

  /** The server is there and talks. */
  #reached(): void {
    const { log, telemetry } = this.#options;
    if (this.circuit.failures > 0) {
      log.info({ failures: this.circuit.failures }, 'reports can be sent again');
    }
    this.circuit.succeeded();
    this.#heavy = 0;
    this.#nextTry = null;
    this.#problem = undefined;
    telemetry.gauge('send_circuit_open', 0);
  }

  #failed({ problem, reason, retryAfterMs }: Again): void {
    const { telemetry, log, clock, isHurried } = this.#options;
    const now = performance.now();
    this.circuit.failed(now, retryAfterMs);
    if (isHurried()) {
      this.circuit.hurry(now, hurry);
    }
    const pauseMs = Math.round(this.circuit.pause(now));
    this.#problem = problem;
    this.#nextTry = clock() + pauseMs;
    telemetry.count('send_retries', { reason });
    telemetry.gauge('send_circuit_open', this.circuit.state === 'closed' ? 0 : 1);
    log.warn({ failures: this.circuit.failures, pauseMs, reason }, problem);
  }
}
