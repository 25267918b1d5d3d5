import type { Disk } from './disk.ts';
import { bodyKey, type DeadRecord, deadKey, decodeDead, encodeDead, toDeadLetter } from './records.ts';
import type { DeadLetter, Selection } from './types.ts';

/** What is known of a dead letter without reading it. */
export interface Grave {
  readonly id: string;
  readonly controller: string;
  readonly bytes: number;
  readonly refusedAt: number;
}

/** The reports that the server refused for good, oldest first. */
export class Graveyard {
  readonly #disk: Disk;
  readonly #graves = new Map<string, Grave>();
  #bytes = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get size(): number {
    return this.#graves.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Grave | undefined {
    return this.#graves.values().next().value;
  }

  /** Takes in those that the disk holds. */
  load(records: readonly (readonly [id: string, record: DeadRecord])[]): void {
    const known = [...this.#graves.values()];
    const all = [...records.map(([id, record]) => ({ id, ...record })), ...known];
    this.#graves.clear();
    this.#bytes = 0;
    for (const { id, controller, bytes, refusedAt } of all.sort((a, b) => a.refusedAt - b.refusedAt)) {
      this.#insert({ id, controller, bytes, refusedAt });
    }
  }

  /** The report itself must be on the disk, or on its way. */
  bury(id: string, record: DeadRecord): void {
    this.unearth(id);
    const { controller, bytes, refusedAt } = record;
    this.#insert({ id, controller, bytes, refusedAt });
    this.#disk.put(deadKey(id), encodeDead(record));
  }

  /** Takes one out and leaves its report. @returns whether there was one */
  unearth(id: string): boolean {
    const grave = this.#graves.get(id);
    if (grave === undefined) {
      return false;
    }
    this.#graves.delete(id);
    this.#bytes -= grave.bytes;
    this.#disk.delete(deadKey(id));
    return true;
  }

  /** Takes one out with its report. */
  remove({ id, bytes }: Grave): void {
    if (this.unearth(id)) {
      this.#disk.delete(bodyKey(id), bytes);
    }
  }

  has(id: string): boolean {
    return this.#graves.has(id);
  }

  /** @throws Error for the beginning of an id that several have */
  select(which: Selection): readonly Grave[] {
    const all = [...this.#graves.values()];
    if (which === 'all') {
      return all;
    }
    const chosen = which.flatMap((start) => {
      const found = all.filter(({ id }) => start !== '' && id.startsWith(start));
      if (found.length > 1) {
        throw new Error(
          `${found.length} dead letters have an id that begins with ${start}; give more of it.`,
        );
      }
      return found;
    });
    return [...new Set(chosen)];
  }

  async list(): Promise<readonly DeadLetter[]> {
    return (await this.records([...this.#graves.values()])).map(([id, record]) => toDeadLetter(id, record));
  }

  /** Without those that cannot be read now. */
  async records(graves: readonly Grave[]): Promise<readonly (readonly [id: string, record: DeadRecord])[]> {
    const texts = await this.#disk.read(graves.map(({ id }) => deadKey(id)));
    return graves.flatMap(({ id }, place) => {
      const record = decodeDead(texts[place]);
      return record === null ? [] : [[id, record] as const];
    });
  }

  #insert(grave: Grave): void {
    this.#graves.set(grave.id, grave);
    this.#bytes += grave.bytes;
  }
}
