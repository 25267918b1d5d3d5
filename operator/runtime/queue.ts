import { backoff, LONGEST_WAIT } from './patience.ts';

export interface QueueOptions {
  /** Keys that are worked on at the same time. */
  readonly concurrency: number;
  /**
   * Works on a key: never twice at the same time for the same one.
   * @returns milliseconds after which to work on it again, or undefined; a rejection is tried again with backoff
   */
  readonly work: (key: string) => Promise<number | undefined>;
  /** Told of each rejection, and in how many milliseconds it is tried again. */
  readonly onFailure: (key: string, error: unknown, wait: number) => void;
  readonly clock: () => number;
  readonly random: () => number;
  /** Milliseconds: the first wait after a failure is up to `base`, doubled each time up to `most`. Default 1 s, 5 min. */
  readonly base?: number;
  readonly most?: number;
}

/**
 * Names that wait to be worked on. A name that is added while it waits is in the queue once; one that is added while it
 * is worked on is worked on again afterwards.
 */
export class Queue {
  readonly #options: QueueOptions;
  /** Ready to be worked on, by when they were added; the first is the oldest. */
  readonly #ready = new Map<string, number>();
  readonly #active = new Set<string>();
  /** Added while active, by when. */
  readonly #dirty = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  #isRunning = false;
  #watchers: (() => void)[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Names that are ready, are worked on, or wait after a failure. */
  get depth(): number {
    const waiting = [...this.#failures.keys()].filter((key) => this.#timers.has(key)).length;
    return this.#ready.size + this.#active.size + waiting;
  }

  /** Puts a name into the queue at once, whatever it was waiting for. */
  add(key: string): void {
    this.#cancel(key);
    if (this.#active.has(key)) {
      this.#remember(this.#dirty, key);
    } else {
      this.#remember(this.#ready, key);
      this.#pump();
    }
  }

  /** Works on what is ready, from now on. */
  start(): void {
    this.#isRunning = true;
    this.#pump();
  }

  /** Resolves when nothing is ready or worked on; what waits for a later time is not waited for. */
  async idle(): Promise<void> {
    while (this.#active.size > 0 || (this.#isRunning && this.#ready.size > 0)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Begins nothing more; resolves when nothing is worked on. What was left is there for the next start. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    for (const key of [...this.#timers.keys()]) {
      this.#cancel(key);
      if (this.#failures.has(key)) {
        this.#remember(this.#ready, key);
      }
    }
    await this.idle();
  }

  #remember(where: Map<string, number>, key: string): void {
    if (!where.has(key)) {
      where.set(key, this.#options.clock());
    }
  }

  #pump(): void {
    while (this.#isRunning && this.#active.size < this.#options.concurrency) {
      const [next] = this.#ready.keys();
      if (next === undefined) {
        return;
      }
      this.#ready.delete(next);
      this.#active.add(next);
      void this.#work(next);
    }
  }

  async #work(key: string): Promise<void> {
    let again: number | undefined;
    try {
      again = await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const { base = 1_000, most = 300_000, random } = this.#options;
      again = backoff(failures, base, most, random);
      this.#options.onFailure(key, error, again);
    }
    this.#active.delete(key);
    const since = this.#dirty.get(key);
    if (since !== undefined) {
      this.#dirty.delete(key);
      this.#ready.set(key, since);
    } else if (again !== undefined) {
      this.#later(key, again);
    }
    for (const resolve of this.#watchers.splice(0)) {
      resolve();
    }
    this.#pump();
  }

  #later(key: string, milliseconds: number): void {
    if (!this.#isRunning) {
      if (this.#failures.has(key)) {
        this.#remember(this.#ready, key);
      }
      return;
    }
    const timer = setTimeout(() => this.add(key), Math.min(milliseconds, LONGEST_WAIT));
    this.#timers.set(key, timer);
  }

  #cancel(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}
