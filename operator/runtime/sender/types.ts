import type { Journal } from '../journal.ts';
import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry.ts';

export interface SenderOptions {
  readonly journal: Journal;
  /** Of Kite, such as `https://kite.example.com`; `/api/v1/reports` is added. */
  readonly url: string;
  /** A file with the bearer token, read again for every batch, since it rotates. No token is sent without it. */
  readonly tokenFile?: string;
  /** A file with certificates (PEM) to trust besides the usual ones; read again when it has changed. */
  readonly caFile?: string;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked up (also in lower case), usually `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the operator calls itself in `User-Agent`. */
  readonly userAgent: string;
  readonly limits?: Partial<SenderLimits>;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface SenderLimits {
  /** Reports in one batch. Default 500, which is the most that the API takes. */
  readonly reports: number;
  /** Bytes of one batch. Default 3 MiB; the API takes 4. */
  readonly bytes: number;
  /** How long a batch waits for more, in milliseconds. Default 200, at most 500. */
  readonly waitMs: number;
  /** How long to wait for a connection, in milliseconds. Default 10 s. */
  readonly connectMs: number;
  /** How long one request may take with everything, in milliseconds. Default 60 s. */
  readonly requestMs: number;
  /** The longest first pause after a failure, in milliseconds; it doubles with each further one. Default 500. */
  readonly firstPauseMs: number;
  /** The longest pause, in milliseconds. Default a minute. */
  readonly longestPauseMs: number;
}

/** `closed`: all is well, or failed a few times; `open`: nothing is sent until a pause is over; `half-open`: trying. */
export type Circuit = 'closed' | 'open' | 'half-open';

export interface SenderState {
  readonly circuit: Circuit;
  /** When the server last took a batch, in milliseconds since 1970; null when it never did. */
  readonly lastSuccess: number | null;
  /** When something is tried again, in milliseconds since 1970; null while nothing waits for that. */
  readonly nextTry: number | null;
  /** Attempts that failed since the last success. */
  readonly failures: number;
  /** Why the last attempt failed, in a sentence; absent after a success. */
  readonly problem?: string;
}

export interface Flushed {
  /** Reports that were delivered or refused meanwhile. */
  readonly sent: number;
  /** Reports that stay in the journal. */
  readonly left: number;
}

export interface Sender {
  state(): SenderState;
  /** Sends what is pending without waiting for more, until nothing is left or the time is over. */
  flush(graceMs: number): Promise<Flushed>;
  /** Ends, also in the middle of a request: what was not answered stays in the journal. The journal stays open. */
  stop(): Promise<void>;
}
