import { Heap } from './heap.ts';

/** What is known of a pending report without reading it. Some 250 bytes of memory with all that points to it. */
export interface Entry {
  /** Its place: microseconds since 1970, and larger than that of every report before it. */
  readonly seq: number;
  readonly id: string;
  /** A digest of the subject. */
  readonly subject: string;
  readonly controller: string;
  readonly isPassing: boolean;
  /** Of the report's JSON. */
  readonly bytes: number;
  /** Whether a newer one on the same subject was appended after it. */
  isSuperseded: boolean;
  /** Whether the sender has it. */
  isTaken: boolean;
  /** Whether it was passed over as a victim while it was taken. */
  isParked: boolean;
  isGone: boolean;
}

/** Heaps may hold this many entries that are gone beside twice as many as there are. */
const slack = 1024;

/** The pending reports in their order, and which of them to drop first. */
export class Entries {
  /** In the order of their numbers, since each is inserted with a larger one. */
  readonly #byId = new Map<string, Entry>();
  readonly #latest = new Map<string, Entry>();
  /** Passing or superseded. May hold entries that are gone. */
  #spare = new Heap<Entry>();
  /** All others. May hold entries that are gone, or are superseded by now. */
  #rest = new Heap<Entry>();
  #bytes = 0;
  #taken = 0;

  get size(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many are not taken. */
  get waiting(): number {
    return this.#byId.size - this.#taken;
  }

  get oldest(): Entry | undefined {
    return this.#byId.values().next().value;
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  [Symbol.iterator](): MapIterator<Entry> {
    return this.#byId.values();
  }

  /** @param entry with a number larger than that of all others, and an id that none has */
  add(entry: Entry): void {
    const older = this.#latest.get(entry.subject);
    if (older !== undefined && !older.isSuperseded) {
      older.isSuperseded = true;
      if (!older.isPassing) {
        this.#spare.push(older);
      }
    }
    this.#latest.set(entry.subject, entry);
    this.#byId.set(entry.id, entry);
    this.#bytes += entry.bytes;
    this.#taken += entry.isTaken ? 1 : 0;
    (isSpare(entry) ? this.#spare : this.#rest).push(entry);
  }

  remove(entry: Entry): void {
    if (entry.isGone) {
      return;
    }
    entry.isGone = true;
    this.#byId.delete(entry.id);
    this.#bytes -= entry.bytes;
    this.#taken -= entry.isTaken ? 1 : 0;
    if (this.#latest.get(entry.subject) === entry) {
      this.#latest.delete(entry.subject);
    }
    if (this.#spare.size + this.#rest.size > 2 * this.#byId.size + slack) {
      this.#rebuild();
    }
  }

  /** The oldest that are not taken and are wanted, which is asked for each in their order. None is taken by that. */
  choose(
    limits: { readonly reports: number; readonly bytes: number },
    isWanted: (entry: Entry) => boolean,
  ): Entry[] {
    const chosen: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#byId.values()) {
      if (chosen.length >= limits.reports) {
        break;
      }
      if (entry.isTaken || !isWanted(entry)) {
        continue;
      }
      // A comma each.
      bytes += entry.bytes + 1;
      if (chosen.length > 0 && bytes > limits.bytes) {
        break;
      }
      chosen.push(entry);
    }
    return chosen;
  }

  take(entry: Entry): void {
    if (!entry.isTaken) {
      entry.isTaken = true;
      this.#taken += 1;
    }
  }

  release(entry: Entry): void {
    if (entry.isTaken && !entry.isGone) {
      entry.isTaken = false;
      this.#taken -= 1;
      if (entry.isParked) {
        entry.isParked = false;
        (isSpare(entry) ? this.#spare : this.#rest).push(entry);
      }
    }
  }

  /** The one to drop: the oldest that is passing or superseded, else the oldest; none that is taken. It stays until removed. */
  victim(): Entry | undefined {
    return this.#popFrom(this.#spare, () => true) ?? this.#popFrom(this.#rest, (entry) => !isSpare(entry));
  }

  #popFrom(heap: Heap<Entry>, belongs: (entry: Entry) => boolean): Entry | undefined {
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      if (entry.isGone || !belongs(entry)) {
        continue;
      }
      if (!entry.isTaken) {
        return entry;
      }
      entry.isParked = true;
    }
    return undefined;
  }

  #rebuild(): void {
    const all = [...this.#byId.values()].filter((entry) => !entry.isParked);
    this.#spare = new Heap(all.filter(isSpare));
    this.#rest = new Heap(all.filter((entry) => !isSpare(entry)));
  }
}

function isSpare(entry: Entry): boolean {
  return entry.isPassing || entry.isSuperseded;
}
