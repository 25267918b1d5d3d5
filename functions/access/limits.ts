import { Buckets, type Rate } from './bucket.ts';
import { rateLimited } from './refusal.ts';
import { blockOf } from './source.ts';

export interface ShareLimits extends Rate {
  /** Requests of one principal that are at work at the same time, and so the bodies that it holds in memory. */
  readonly atOnce: number;
}

/** Until a place is free nobody knows; a request takes milliseconds. */
const soon = 1_000;

/** What each principal may take of this process, so that one's storm leaves room for the others. */
export class Shares {
  readonly #limits: ShareLimits;
  readonly #buckets: Buckets;
  /** Only of those who have something at work. */
  readonly #atWork = new Map<string, number>();

  constructor(limits: ShareLimits, principals: number, clock: () => number) {
    this.#limits = limits;
    this.#buckets = new Buckets(limits, principals, clock);
  }

  /**
   * @returns gives the place back, once
   * @throws KiteError `rate_limited`
   */
  take(principal: string): () => void {
    const atWork = this.#atWork.get(principal) ?? 0;
    if (atWork >= this.#limits.atOnce) {
      throw rateLimited(
        `You have ${atWork} requests at work here already; wait for their answers, then send this one again.`,
        soon,
      );
    }
    const wait = this.#buckets.take(principal);
    if (wait > 0) {
      throw rateLimited(
        `You may send ${this.#limits.perSecond} requests a second; wait as long as Retry-After says, and send this one again.`,
        wait,
      );
    }
    this.#atWork.set(principal, atWork + 1);
    let isHeld = true;
    return () => {
      if (isHeld) {
        isHeld = false;
        this.#leave(principal);
      }
    };
  }

  #leave(principal: string): void {
    const left = (this.#atWork.get(principal) ?? 1) - 1;
    if (left > 0) {
      this.#atWork.set(principal, left);
    } else {
      this.#atWork.delete(principal);
    }
  }
}

/**
 * How often a credential that nobody knows yet may turn out wrong, by the address that it comes from, and by key from
 * there: a key's id is no secret, and who tries it from elsewhere must not lock out its owner.
 */
export class Guesses {
  readonly #addresses: Buckets;
  readonly #keys: Buckets;

  constructor(rate: Rate, most: number, clock: () => number) {
    this.#addresses = new Buckets(rate, most, clock);
    // One key has one owner, who mistakes itself less often than a whole address does.
    this.#keys = new Buckets({ burst: rate.burst / 5, perSecond: rate.perSecond / 5 }, most, clock);
  }

  /**
   * Lets a credential be looked at. A try of a key counts as wrong until it is known to be right, so that tries at the
   * same time count as well; another one counts when it is known to be wrong, so that those who wait for a cluster
   * that hangs hold up nobody who comes the same way.
   *
   * @param key the id of an API key; null for another credential
   * @returns to be told once whether it was wrong
   * @throws KiteError `rate_limited`
   */
  begin(address: string, key: string | null): (wasWrong: boolean) => void {
    const block = blockOf(address);
    this.#require(this.#addresses.take(block));
    if (key === null) {
      this.#addresses.giveBack(block);
      return (wasWrong) => void (wasWrong && this.#addresses.take(block));
    }
    const keyFromThere = `${block} ${key}`;
    this.#require(this.#keys.take(keyFromThere));
    return (wasWrong) => {
      if (!wasWrong) {
        this.#addresses.giveBack(block);
        this.#keys.giveBack(keyFromThere);
      }
    };
  }

  #require(wait: number): void {
    if (wait > 0) {
      throw rateLimited('Too many credentials were refused here; wait as long as Retry-After says.', wait);
    }
  }
}
