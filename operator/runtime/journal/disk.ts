import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry.ts';
import { CannotOpenError, type Store, sentenceOf, type Write } from './store.ts';

/** Pauses between two attempts to get a failed disk back, in milliseconds. */
const firstPause = 1_000;
const longestPause = 30_000;
/** A write that takes so long is a disk that does not answer, in milliseconds. */
const patience = 30_000;
/** So much must have been deleted, and four times as much as is kept, before the store is compacted. */
const worthCompacting = 64 * 1024 * 1024;

export interface DiskOptions {
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly clock: () => number;
  /** Called when a failed disk may be tried again. */
  readonly retry: () => void;
  /** Called once, when what the disk holds can be read for the first time. What it throws is a failure of the disk. */
  readonly load: () => Promise<void>;
}

/**
 * What is on the disk, and what is still to be written to it. What is to be written can be read at once. It is written by
 * `flush`, all of it in one synchronous write. While the disk fails it waits in memory.
 */
export class Disk {
  readonly #options: DiskOptions;
  /** Writes of keys that the disk has or may have; null deletes. */
  readonly #owed = new Map<string, string | null>();
  /** Writes of keys that the disk cannot have: deleting one of these leaves nothing to do. */
  readonly #fresh = new Map<string, string>();
  #owedBytes = 0;
  #isLoaded = false;
  #problem: string | undefined;
  #pause = firstPause;
  #timer: NodeJS.Timeout | undefined;
  #writingSince: number | undefined;
  #deletedBytes = 0;
  #compacting: Promise<void> | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** Why nothing can be written now. */
  get problem(): string | undefined {
    const { clock, store } = this.#options;
    const seconds = this.#writingSince === undefined ? 0 : Math.floor((clock() - this.#writingSince) / 1000);
    return seconds * 1000 < patience
      ? this.#problem
      : `The disk of the journal in ${store.directory} has not answered for ${seconds} s.`;
  }

  /** Of what is in memory only. */
  get owedBytes(): number {
    return this.#owedBytes;
  }

  /** Whether what a key holds is in memory only. */
  owes(key: string): boolean {
    return this.#fresh.has(key) || typeof this.#owed.get(key) === 'string';
  }

  /** @throws CannotOpenError */
  async open(): Promise<void> {
    try {
      this.#tellRepair(await this.#options.store.open());
      await this.#load();
    } catch (error) {
      if (error instanceof CannotOpenError) {
        throw error;
      }
      this.#fail(error);
    }
  }

  /** Writes a key that the disk does not have. */
  create(key: string, value: string): void {
    if (this.#owed.has(key)) {
      this.put(key, value);
      return;
    }
    this.#fresh.set(key, value);
    this.#owedBytes += value.length;
  }

  put(key: string, value: string): void {
    this.#forget(key);
    this.#owed.set(key, value);
    this.#owedBytes += value.length;
  }

  /** @param bytes about how much room that gives back */
  delete(key: string, bytes = 0): void {
    const isFresh = this.#fresh.has(key);
    this.#forget(key);
    if (!isFresh) {
      this.#owed.set(key, null);
      this.#deletedBytes += bytes;
    }
  }

  /** What the keys hold; undefined for what is not there, and for all that is on a disk that cannot be read. */
  async read(keys: readonly string[]): Promise<(string | undefined)[]> {
    const values = keys.map((key) => this.#fresh.get(key) ?? this.#owed.get(key));
    const missing = keys.filter((_, place) => values[place] === undefined);
    const { store } = this.#options;
    const read = missing.length > 0 && store.isOpen ? await store.read(missing) : [];
    const found = new Map(missing.map((key, place) => [key, read[place]]));
    return values.map((value, place) =>
      value === undefined ? found.get(keys[place] ?? '') : (value ?? undefined),
    );
  }

  /** Writes all that is owed. @returns whether nothing is owed any more */
  async flush(): Promise<boolean> {
    if (this.#problem !== undefined && !(await this.#recover())) {
      return false;
    }
    if (this.#fresh.size + this.#owed.size === 0) {
      return true;
    }
    for (const [key, value] of this.#fresh) {
      this.#owed.set(key, value);
    }
    this.#fresh.clear();
    const { store, clock, telemetry } = this.#options;
    const writes = [...this.#owed].map(
      ([key, value]): Write => (value === null ? { type: 'del', key } : { type: 'put', key, value }),
    );
    const started = clock();
    this.#writingSince = started;
    try {
      await store.write(writes);
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#writingSince = undefined;
    }
    telemetry.time('journal_write_seconds', (clock() - started) / 1000);
    this.#owed.clear();
    this.#owedBytes = 0;
    return true;
  }

  /**
   * Begins to give room back to the disk when that is worth it. Writes go on meanwhile.
   *
   * @param keptBytes how much there is that must stay
   */
  compact(keptBytes: number): void {
    const isWorthIt = this.#deletedBytes > worthCompacting && this.#deletedBytes > 4 * keptBytes;
    if (isWorthIt && this.#problem === undefined && this.#compacting === undefined) {
      this.#deletedBytes = 0;
      this.#compacting = this.#options.store
        .compact()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#compacting = undefined;
        });
    }
  }

  async close(): Promise<void> {
    await this.#compacting;
    clearTimeout(this.#timer);
    await this.#options.store.close();
  }

  #forget(key: string): void {
    this.#owedBytes -= (this.#fresh.get(key) ?? this.#owed.get(key) ?? '').length;
    this.#fresh.delete(key);
    this.#owed.delete(key);
  }

  async #load(): Promise<void> {
    if (!this.#isLoaded) {
      await this.#options.load();
      this.#isLoaded = true;
    }
  }

  async #recover(): Promise<boolean> {
    if (this.#timer !== undefined) {
      return false;
    }
    const { store, log } = this.#options;
    await this.#compacting;
    try {
      this.#tellRepair(await store.reopen());
      await this.#load();
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#problem = undefined;
    this.#pause = firstPause;
    log.info({ directory: store.directory, bytes: this.#owedBytes }, 'the journal can be written again');
    return true;
  }

  #fail(error: unknown): void {
    const { store, telemetry, log, retry } = this.#options;
    const problem = `The journal in ${store.directory} cannot be written: ${sentenceOf(error)}. Reports are kept in memory.`;
    telemetry.count('journal_write_failures');
    if (problem !== this.#problem) {
      log.error({ directory: store.directory, reason: sentenceOf(error) }, problem);
    }
    this.#problem = problem;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      retry();
    }, this.#pause);
    this.#timer.unref();
    this.#pause = Math.min(2 * this.#pause, longestPause);
  }

  #tellRepair(isRepaired: boolean): void {
    const { store, telemetry, log } = this.#options;
    if (isRepaired) {
      telemetry.count('journal_repairs');
      log.error(
        { directory: store.directory },
        'the journal was damaged and was repaired; reports that were in it may be missing',
      );
    }
  }
}
