/** The longest wait that a timer of Node can keep; a longer one would fire at once. */
export const LONGEST_WAIT = 2 ** 31 - 1;

/** Resolves after that many milliseconds, or as soon as `signal` is aborted. Never rejects. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, LONGEST_WAIT));
    signal.addEventListener('abort', done);
  });
}

/** A wait before the next attempt: anything up to `base` doubled with each failure, `most` at the most (full jitter). */
export function backoff(failures: number, base: number, most: number, random: () => number): number {
  return random() * Math.min(most, base * 2 ** Math.min(failures - 1, 30));
}

/** Aborts its signal when an outer one is, or when a time that was set runs out. `end` lets go of both. */
export class Patience {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(outer?: AbortSignal) {
    this.#outer = outer;
    if (outer?.aborted === true) {
      this.#onAbort();
    } else {
      outer?.addEventListener('abort', this.#onAbort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Sets the time anew. */
  wait(milliseconds: number, failure: () => Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(failure()), Math.min(milliseconds, LONGEST_WAIT));
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  /** @param reason given when what was begun is to be broken off */
  end(reason?: Error): void {
    this.rest();
    this.#outer?.removeEventListener('abort', this.#onAbort);
    if (reason !== undefined) {
      this.#controller.abort(reason);
    }
  }
}
