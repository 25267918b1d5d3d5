interface TurnLimits {
  /** Of one name at work at the same time. */
  readonly atOnce: number;
  /** Of one name that wait for their turn. */
  readonly waiting: number;
  /** Milliseconds that one waits at the most. */
  readonly patience: number;
}

interface Line {
  atWork: number;
  readonly waiting: Set<() => void>;
}

/** Lets so many of each name work at once. The others of that name wait in line, and those of other names do not. */
export class Turns {
  readonly #limits: TurnLimits;
  /** Only of names that have something at work. */
  readonly #lines = new Map<string, Line>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#lines.size;
  }

  /** @throws Error when the line is too long, or the turn does not come in time */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(name) ?? { atWork: 0, waiting: new Set() };
    this.#lines.set(name, line);
    if (line.atWork < this.#limits.atOnce) {
      line.atWork += 1;
    } else {
      await this.#wait(line.waiting);
    }
    try {
      return await work();
    } finally {
      this.#leave(name, line);
    }
  }

  #wait(waiting: Line['waiting']): Promise<void> {
    if (waiting.size >= this.#limits.waiting) {
      return Promise.reject(new Error(`${waiting.size} questions of the same caller wait already`));
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        reject(new Error('too many questions of the same caller came before this one'));
      }, this.#limits.patience);
      waiting.add(begin);
    });
  }

  /** Whoever waited longest takes the place over. */
  #leave(name: string, line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined) {
      line.waiting.delete(next);
      next();
      return;
    }
    line.atWork -= 1;
    if (line.atWork === 0) {
      this.#lines.delete(name);
    }
  }
}
