import { setImmediate } from 'node:timers/promises';

/** How many jobs share one write at the most. */
const mostTogether = 256;

interface Job {
  readonly run: () => Promise<void>;
  /** Called when what the job changed is written, or is known to be in memory only. */
  readonly done: (isWritten: boolean) => void;
}

/**
 * Runs jobs one after the other, and commits what several of them changed together: those that come while a commit is
 * under way share the next one.
 */
export class JobQueue {
  readonly #commit: () => Promise<boolean>;
  #waiting: Job[] = [];
  #isCommitWanted = false;
  #running: Promise<void> | undefined;

  /** @param commit what follows a group of jobs: whether everything is written. Must not throw */
  constructor(commit: () => Promise<boolean>) {
    this.#commit = commit;
  }

  /** Resolves when the job has run and was committed; rejects with what it throws. */
  add<T>(run: () => T | Promise<T>): Promise<{ readonly value: T; readonly isWritten: boolean }> {
    return new Promise((resolve, reject) => {
      let finish: (isWritten: boolean) => void;
      this.#waiting.push({
        run: async () => {
          try {
            const value = await run();
            finish = (isWritten) => resolve({ value, isWritten });
          } catch (error) {
            finish = () => reject(error);
          }
        },
        done: (isWritten) => finish(isWritten),
      });
      this.#start();
    });
  }

  /** Commits, also when there is no job. */
  commit(): void {
    this.#isCommitWanted = true;
    this.#start();
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) {
      await this.#running;
    }
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    // Lets those come along that are called in the same turn.
    await setImmediate();
    while (this.#waiting.length > 0 || this.#isCommitWanted) {
      this.#isCommitWanted = false;
      const jobs = this.#waiting.splice(0, mostTogether);
      for (const job of jobs) {
        await job.run();
      }
      const isWritten = await this.#commit();
      for (const job of jobs) {
        job.done(isWritten);
      }
      if (!isWritten) {
        // Nothing was waited for, and others must have their turn.
        await setImmediate();
      }
    }
  }
}
