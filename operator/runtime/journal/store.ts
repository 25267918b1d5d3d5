import { mkdirSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** As much as LevelDB may need to write when it opens: its log, and a table made of it. */
const room = 8 * 1024 * 1024;
const settings = { cacheSize: 2 * 1024 * 1024, writeBufferSize: 4 * 1024 * 1024 };

export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** Not a failure of the disk: another process has the directory, or a newer version of the operator wrote it. */
export class CannotOpenError extends Error {}

/**
 * A LevelDB directory. After a write has failed it is only read until it is opened anew: LevelDB would write on behind the
 * torn end of its log, and could not read that again.
 */
export class Store {
  readonly directory: string;
  #level: ClassicLevel | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  get isOpen(): boolean {
    return this.#level !== undefined;
  }

  /**
   * @returns whether it was damaged and had to be repaired
   * @throws CannotOpenError
   */
  async open(): Promise<boolean> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    if (await lacksItsRoot(this.directory)) {
      await ClassicLevel.repair(this.directory);
      this.#level = await openLevel(this.directory);
      return true;
    }
    try {
      this.#level = await openLevel(this.directory);
      return false;
    } catch (error) {
      if (hasCode(error, 'LEVEL_LOCKED')) {
        throw new CannotOpenError(
          `Another process has the journal in ${this.directory} open. Stop it, or give each operator a directory of its own.`,
          { cause: error },
        );
      }
      if (!hasCode(error, 'LEVEL_CORRUPTION')) {
        throw error;
      }
      await ClassicLevel.repair(this.directory);
      this.#level = await openLevel(this.directory);
      return true;
    }
  }

  /** Opens it anew, once there is room to do so; until then what is open can be read. */
  async reopen(): Promise<boolean> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    await probe(join(this.directory, 'probe'));
    await this.close();
    return this.open();
  }

  /** All or nothing, and on the disk when it resolves. */
  async write(writes: Write[]): Promise<void> {
    await this.#opened().batch(writes, { sync: true });
  }

  async read(keys: string[]): Promise<(string | undefined)[]> {
    return this.#opened().getMany(keys);
  }

  /** All keys of a range with their values, in their order. */
  async *scan(range: {
    readonly gte: string;
    readonly lt: string;
  }): AsyncGenerator<[key: string, value: string]> {
    const iterator = this.#opened().iterator({ ...range, fillCache: false });
    try {
      for (;;) {
        const piece = await iterator.nextv(1000);
        if (piece.length === 0) {
          return;
        }
        yield* piece;
      }
    } finally {
      await iterator.close();
    }
  }

  /** Gives the room of what was deleted back to the disk. */
  async compact(): Promise<void> {
    await this.#opened().compactRange('', '~');
  }

  async close(): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    await level?.close();
  }

  #opened(): ClassicLevel {
    if (this.#level === undefined) {
      throw new Error(`The journal in ${this.directory} is not open.`);
    }
    return this.#level;
  }
}

async function openLevel(directory: string): Promise<ClassicLevel> {
  const level = new ClassicLevel(directory, settings);
  await level.open();
  return level;
}

/** LevelDB takes a directory without its file `CURRENT` for an empty one, and would delete the tables in it. */
async function lacksItsRoot(directory: string): Promise<boolean> {
  const files = await readdir(directory);
  return !files.includes('CURRENT') && files.some((file) => /^\d+\.(ldb|sst|log)$/.test(file));
}

/** @throws Error where `room` bytes cannot be written */
async function probe(path: string): Promise<void> {
  try {
    const file = await open(path, 'w', 0o600);
    try {
      const piece = Buffer.alloc(256 * 1024, 'x');
      for (let written = 0; written < room; written += piece.length) {
        await file.write(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** Whether an error or one of its causes has this code. */
function hasCode(error: unknown, code: string): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && each.code === code) {
      return true;
    }
  }
  return false;
}

/** What an error says, with that of its first cause: classic-level's own words are "Database failed to open". */
export function sentenceOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) {
    deepest = deepest.cause;
  }
  return deepest instanceof Error ? deepest.message : String(deepest);
}
