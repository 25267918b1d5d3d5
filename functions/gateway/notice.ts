/**
 * Comes once, with a reason, to those who asked to be told. What an AbortSignal is, for the two that each request has,
 * at a fraction of its cost.
 */
export class Notice {
  readonly #listeners = new Set<() => void>();
  #given: { readonly reason: unknown } | undefined;

  get isGiven(): boolean {
    return this.#given !== undefined;
  }

  /** Undefined before it is given. */
  get reason(): unknown {
    return this.#given?.reason;
  }

  /** Only the first call counts. */
  give(reason: unknown): void {
    if (this.#given !== undefined) {
      return;
    }
    this.#given = { reason };
    for (const listener of this.#listeners) {
      listener();
    }
    this.#listeners.clear();
  }

  /** Called once, when it is given; never when it was given before. */
  on(listener: () => void): void {
    this.#listeners.add(listener);
  }

  off(listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
