interface Hold {
  /** Of `performance.now()`. */
  readonly until: number;
  readonly attempts: number;
  /** When it was first held, of `performance.now()`. */
  readonly since: number;
  /** Whether its report may spoil a batch, and so is tried again alone. */
  readonly isAlone: boolean;
}

interface Timing {
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** A hold is forgotten when it was over for so long, in milliseconds: its report is gone. */
const forgotten = 10 * 60 * 1000;

/**
 * Subjects whose oldest report must be tried again later. The others go on; that subject's newer reports wait behind it,
 * so that what is said of it stays in order.
 */
export class Holds {
  readonly #timing: Timing;
  readonly #holds = new Map<string, Hold>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /**
   * Whether to pass over a report on this subject when a batch is filled, asked for each in their order. Of a subject that
   * was held, only the first report goes, until that one is settled.
   */
  filter(now: number): (subject: string) => boolean {
    const seen = new Set<string>();
    return (subject) => {
      const hold = this.#holds.get(subject);
      if (hold === undefined) {
        return false;
      }
      const isPassedOver = hold.isAlone || now < hold.until || seen.has(subject);
      seen.add(subject);
      return isPassedOver;
    };
  }

  /** A subject whose report is to be tried alone now. */
  alone(now: number): string | undefined {
    for (const [subject, { isAlone, until }] of this.#holds) {
      if (isAlone && until <= now) {
        return subject;
      }
    }
    return undefined;
  }

  isAlone(subject: string): boolean {
    return this.#holds.get(subject)?.isAlone === true;
  }

  /** When it was first held; undefined when it is not known. */
  since(subject: string): number | undefined {
    return this.#holds.get(subject)?.since;
  }

  /** Holds it for a while: from half of a bound to all of it, which doubles with each time. */
  hold(subject: string, now: number, isAlone: boolean): void {
    const { firstPauseMs, longestPauseMs, random } = this.#timing;
    const { attempts, since } = this.#holds.get(subject) ?? { attempts: 0, since: now };
    const bound = Math.min(longestPauseMs, 2 * firstPauseMs * 2 ** Math.min(attempts, 30));
    const until = now + bound * (0.5 + 0.5 * random());
    this.#holds.delete(subject);
    this.#holds.set(subject, { until, attempts: attempts + 1, since, isAlone });
  }

  settle(subject: string): void {
    this.#holds.delete(subject);
  }

  /** Milliseconds until the next hold is over; infinite when there is none. */
  pause(now: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [subject, { until }] of this.#holds) {
      if (until > now) {
        least = Math.min(least, until - now);
      } else if (until + forgotten < now) {
        this.#holds.delete(subject);
      }
    }
    return least;
  }
}
