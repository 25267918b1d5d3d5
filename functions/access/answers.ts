/** What was found out, and for how many milliseconds it may be believed. */
export interface Found<T> {
  readonly value: T;
  readonly keep: number;
}

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/**
 * Answers of others, believed for a while.
 *
 * Equal questions at the same time are asked once. A failure is told to all who wait for it and is not remembered.
 * When there are too many answers the oldest leaves, so that nobody can fill the memory by asking.
 */
export class Answers<T> {
  readonly #most: number;
  readonly #clock: () => number;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #asked = new Map<string, Promise<T>>();

  /** @param clock milliseconds that only grow */
  constructor(most: number, clock: () => number) {
    this.#most = most;
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Whether an answer is believed now. */
  has(key: string): boolean {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.until > this.#clock();
  }

  /**
   * @param key tells all apart that may be answered differently
   * @param question is only asked when no answer is believed and nobody asks it already
   */
  ask(key: string, question: () => Promise<Found<T>>): Promise<T> | T {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#clock()) {
      return kept.value;
    }
    const asked = this.#asked.get(key);
    if (asked !== undefined) {
      return asked;
    }
    const answer = this.#find(key, question).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  /** Believes from now on what was found without a question. */
  keep(key: string, found: Found<T>): void {
    this.#keep(key, found, this.#clock());
  }

  /** Forgets an answer; one that is on its way is still given to those who wait. */
  forget(key: string): void {
    this.#kept.delete(key);
  }

  async #find(key: string, question: () => Promise<Found<T>>): Promise<T> {
    // What is believed counts from before the question, since that is when the answer may have been made.
    const begun = this.#clock();
    const found = await question();
    this.#keep(key, found, begun);
    return found.value;
  }

  #keep(key: string, { value, keep }: Found<T>, since: number): void {
    this.#kept.delete(key);
    if (keep <= 0) {
      return;
    }
    this.#kept.set(key, { value, until: since + keep });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) {
        break;
      }
      this.#kept.delete(oldest);
    }
  }
}
