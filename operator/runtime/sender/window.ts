/**
 * How many reports the next batch may have. When a batch is refused as a whole, the next is the first half of it, and so on
 * until the guilty report is alone: ten requests for one in 500.
 */
export class Window {
  readonly #most: number;
  /** How many of the next reports are among those of a refused batch. */
  #suspects = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#suspects === 0 ? this.#most : Math.ceil(this.#suspects / 2);
  }

  /** These were taken: the guilty one is not among them. */
  passed(reports: number): void {
    this.#suspects = Math.max(0, this.#suspects - reports);
  }

  /**
   * These were refused: the guilty one is among them.
   *
   * @param fewest do not make batches smaller than about this
   */
  refused(reports: number, fewest = 1): void {
    this.#suspects = Math.max(Math.min(2 * fewest, this.#most), reports);
  }

  /** The guilty one was found and is out of the way. */
  found(): void {
    this.#suspects = 0;
  }
}
