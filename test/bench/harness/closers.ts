/** What was started and is to be ended, newest first; each by itself, whichever way it comes to its end. */
export class Closers {
  readonly #open = new Map<symbol, { readonly close: () => Promise<void>; readonly abandon: () => void }>();

  /**
   * @param close ends it in order
   * @param abandon ends it at once, when there is no time left
   * @returns ends it in order, now; any number of calls is one
   */
  add(close: () => Promise<void>, abandon: () => void): () => Promise<void> {
    const name = Symbol();
    let closed: Promise<void> | undefined;
    const once = (): Promise<void> => {
      closed ??= close().finally(() => this.#open.delete(name));
      return closed;
    };
    this.#open.set(name, { close: once, abandon });
    return once;
  }

  /** Ends all that is open. A failure does not keep the others from being ended; the first one is thrown. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { close } of [...this.#open.values()].reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  abandonAll(): void {
    for (const { abandon } of [...this.#open.values()].reverse()) {
      abandon();
    }
  }
}
