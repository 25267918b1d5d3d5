import type { Outgoing } from '../controller.ts';
import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry.ts';

export interface JournalOptions {
  /** A directory of its own; made when it is missing. Only one process may have it open. */
  readonly directory: string;
  /** How many reports may be kept, dead letters included. Default 200,000. */
  readonly mostReports?: number;
  /** How many bytes of reports may be kept, dead letters included. Default 1 GiB. */
  readonly mostBytes?: number;
  /** How many bytes of reports are kept in memory while the disk takes none. Default 16 MiB. */
  readonly mostBytesInMemory?: number;
  /**
   * How many reports that the server has taken are remembered, for a day: what is said again, as after a restart, is then
   * not sent again. Default 0: everything is.
   */
  readonly mostRemembered?: number;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** `memory`: the disk takes nothing now; the report is sent and is written as soon as that works, but a kill loses it. */
export type Kept = 'disk' | 'memory';

export interface JournalStats {
  /** Reports that were not delivered yet. */
  readonly pending: number;
  /** Reports that the server refused for good. */
  readonly dead: number;
  /** Bytes of all of them. */
  readonly bytes: number;
  /** How long the oldest pending report waits already, in milliseconds; 0 when there is none. */
  readonly oldestMs: number;
  /** Bytes that are in memory only. */
  readonly bytesInMemory: number;
  /** Whether the disk takes what is written. */
  readonly isWritable: boolean;
  /** Why it does not, in a sentence that names the directory. */
  readonly problem?: string;
}

/** Why the server refused a report. */
export interface Refusal {
  /** Of the answer. */
  readonly status: number;
  /** The server's error code; empty where it gave none. */
  readonly code: string;
  readonly message: string;
  /** What is wrong with it, each with its path. */
  readonly details: readonly { readonly path: string; readonly message: string }[];
}

export interface DeadLetter {
  readonly id: string;
  readonly controller: string;
  readonly subject: string;
  readonly eventId: string;
  readonly outcome: 'failing' | 'passing';
  /** When it was refused, in milliseconds since 1970. */
  readonly refusedAt: number;
  readonly refusal: Refusal;
}

/** Which dead letters: these ids (the first characters are enough where they are unambiguous), or all. */
export type Selection = readonly string[] | 'all';

/** What `operator dead-letter list|retry|drop` needs; a running operator answers it over a socket. */
export interface DeadLetters {
  /** Oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** The report as it was sent; null when there is no such dead letter. */
  deadReport(id: string): Promise<Readonly<Record<string, unknown>> | null>;
  /** Sends them again. @returns how many there were */
  retry(which: Selection): Promise<number>;
  /** Forgets them. @returns how many there were */
  drop(which: Selection): Promise<number>;
}

/** A report as the sender gets it. */
export interface Pending {
  readonly id: string;
  readonly controller: string;
  /** Equal for reports on the same subject. */
  readonly subject: string;
  /** The report as JSON. */
  readonly json: string;
}

export interface TakeLimits {
  readonly reports: number;
  /** Of the JSON of all reports; a report that is larger by itself is given alone. */
  readonly bytes: number;
}

export interface Journal extends DeadLetters {
  /**
   * Keeps reports until they are delivered. When it resolves with `disk`, nothing but the loss of the disk loses them. One
   * that is pending already is kept once, and one that is remembered as taken is not kept. It does not reject while the
   * journal is open.
   */
  append(reports: readonly Outgoing[]): Promise<Kept>;
  stats(): JournalStats;
  /**
   * The oldest reports that are not taken, oldest first; those on a subject that `isHeld` are passed over. It is asked for
   * each in their order, until there are enough. What was taken must be given to `delivered`, `refused` or `release`.
   */
  take(limits: TakeLimits, isHeld: (subject: string) => boolean): Promise<readonly Pending[]>;
  /** How many reports could be taken, but for those that are held. */
  waiting(): number;
  /** Says to which server reports go from now on, by its address: what another one took is forgotten. */
  addressed(url: string): Promise<void>;
  /** Takes reports out: the server has them. */
  delivered(ids: readonly string[]): Promise<void>;
  /** Moves a report to the dead letters. */
  refused(id: string, refusal: Refusal): Promise<void>;
  /** Gives back what could not be delivered; it keeps its place. */
  release(ids: readonly string[]): void;
  /** Calls back whenever there may be something new to take. @returns what ends it */
  onWaiting(callback: () => void): () => void;
  /** Writes what is still to be written and lets go of the directory. What the disk does not take is told and lost. */
  close(): Promise<void>;
}
