import type { Disk } from './disk.ts';
import type { Entry } from './entries.ts';
import {
  type DeadRecord,
  deadKey,
  deadRange,
  decodeDead,
  decodePending,
  decodeTaken,
  pendingRange,
  serverKey,
  takenRange,
  version,
  versionKey,
} from './records.ts';
import { CannotOpenError, type Store } from './store.ts';
import type { Remembered } from './taken.ts';

export interface Loaded {
  /** Oldest first. */
  readonly pending: readonly Entry[];
  readonly dead: readonly (readonly [id: string, record: DeadRecord])[];
  /** Keys of what could not be read; they are deleted. */
  readonly unreadable: readonly string[];
}

/** What the disk remembers of the reports that were taken; what cannot be read of it is deleted. */
export async function remembered(store: Store, disk: Disk): Promise<Remembered> {
  const [server] = await store.read([serverKey]);
  const taken: (readonly [id: string, at: number])[] = [];
  for await (const [key, text] of store.scan(takenRange)) {
    const found = decodeTaken(key, text);
    if (found === null) {
      disk.delete(key);
    } else {
      taken.push(found);
    }
  }
  return { server, taken };
}

/**
 * Reads what the disk holds, but for the reports themselves.
 *
 * @param isKnown whether a report is in memory already: what the disk says of that one is deleted
 * @throws CannotOpenError when a newer version wrote it
 */
export async function load(store: Store, disk: Disk, isKnown: (id: string) => boolean): Promise<Loaded> {
  const [found] = await store.read([versionKey]);
  if (found === undefined) {
    disk.put(versionKey, version);
  } else if (found !== version) {
    await store.close();
    throw new CannotOpenError(
      `The journal in ${store.directory} has the form ${found} and this operator reads form ${version}: a newer one wrote it. Run that one, or give this one another directory.`,
    );
  }
  const unreadable: string[] = [];
  const pending: Entry[] = [];
  for await (const [key, text] of store.scan(pendingRange)) {
    const entry = decodePending(key, text);
    if (entry === null) {
      unreadable.push(key);
    } else if (isKnown(entry.id)) {
      disk.delete(key);
    } else {
      pending.push(entry);
    }
  }
  const dead: [string, DeadRecord][] = [];
  for await (const [key, text] of store.scan(deadRange)) {
    const id = key.slice(deadKey('').length);
    const record = decodeDead(text);
    if (record === null) {
      unreadable.push(key);
    } else if (isKnown(id)) {
      disk.delete(key);
    } else {
      dead.push([id, record]);
    }
  }
  for (const key of unreadable) {
    disk.delete(key);
  }
  return { pending, dead, unreadable };
}
