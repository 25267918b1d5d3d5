/** Lets waiters sleep until it is rung, or for some time. */
export class Bell {
  readonly #waiters = new Set<() => void>();

  /** @param limitMs at most so long */
  wait(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.ceil(limitMs));
      this.#waiters.add(wake);
    });
  }

  ring(): void {
    for (const wake of this.#waiters) {
      wake();
    }
  }
}
