/** So many at once, and so many a second after those. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Level {
  left: number;
  filled: number;
}

/** A bucket of tokens for each name, as many as `most` names; the one that was made first leaves for a new one. */
export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  readonly #clock: () => number;
  readonly #levels = new Map<string, Level>();

  /** @param clock milliseconds; while it goes back nothing is filled */
  constructor(rate: Rate, most: number, clock: () => number) {
    this.#rate = rate;
    this.#most = most;
    this.#clock = clock;
  }

  get size(): number {
    return this.#levels.size;
  }

  /** @returns 0 when one was taken, else the milliseconds until there is one */
  take(name: string): number {
    const level = this.#fill(name);
    if (level.left < 1) {
      return ((1 - level.left) / this.#rate.perSecond) * 1000;
    }
    level.left -= 1;
    return 0;
  }

  giveBack(name: string): void {
    const level = this.#fill(name);
    level.left = Math.min(this.#rate.burst, level.left + 1);
  }

  #fill(name: string): Level {
    const now = this.#clock();
    const known = this.#levels.get(name);
    if (known === undefined) {
      return this.#begin(name, now);
    }
    known.left = Math.min(
      this.#rate.burst,
      known.left + (Math.max(0, now - known.filled) / 1000) * this.#rate.perSecond,
    );
    known.filled = now;
    return known;
  }

  #begin(name: string, now: number): Level {
    const level = { left: this.#rate.burst, filled: now };
    this.#levels.set(name, level);
    for (const oldest of this.#levels.keys()) {
      if (this.#levels.size <= this.#most) {
        break;
      }
      this.#levels.delete(oldest);
    }
    return level;
  }
}
