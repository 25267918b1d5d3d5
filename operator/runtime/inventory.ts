import type { KubeObject } from './controller.ts';

/** All that is kept of an object: not the object. */
export interface Known<Note> {
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly createdAt: string;
  resourceVersion: string;
  /** For whoever is given the object. */
  note: Note | undefined;
  /** Number of the list that was the last one when it was seen. */
  listing: number;
}

/** What was seen of one object. */
export interface Sighting<Note> {
  readonly known: Known<Note>;
  /** As it is, or was last; undefined when it vanished while nobody watched. */
  readonly object: KubeObject | undefined;
  readonly isDeleted: boolean;
}

/**
 * The objects of one list and the watch that follows it. Tells what is new, has changed or is gone; an object with the
 * version that is known is not told again. What was told is remembered only when telling has succeeded.
 */
export class Inventory<Note> {
  readonly #isWanted: (namespace: string) => boolean;
  readonly #tell: (sighting: Sighting<Note>) => void | Promise<void>;
  readonly #known = new Map<string, Known<Note>>();
  #listing = 0;
  #isResync = false;

  constructor(
    isWanted: (namespace: string) => boolean,
    tell: (sighting: Sighting<Note>) => void | Promise<void>,
  ) {
    this.#isWanted = isWanted;
    this.#tell = tell;
  }

  get size(): number {
    return this.#known.size;
  }

  /** @param isResync tell all objects of this list, also those that have not changed */
  begin(isResync: boolean): void {
    this.#listing += 1;
    this.#isResync = isResync;
  }

  /** The list is complete: what was not in it is gone. */
  async end(): Promise<void> {
    this.#isResync = false;
    for (const known of this.#known.values()) {
      if (known.listing !== this.#listing) {
        if (this.#isWanted(known.namespace)) {
          await this.#tell({ known, object: undefined, isDeleted: true });
        }
        this.#known.delete(known.key);
      }
    }
  }

  /** A promise only where there is something to tell: most objects of a second list are known. */
  see(object: KubeObject): void | Promise<void> {
    const { namespace, uid, resourceVersion } = object.metadata;
    if (!this.#isWanted(namespace)) {
      return;
    }
    const known = this.#known.get(keyOf(object));
    if (known?.uid === uid && known.resourceVersion === resourceVersion && !this.#isResync) {
      known.listing = this.#listing;
      return;
    }
    return this.#learn(known, object);
  }

  async lose(object: KubeObject): Promise<void> {
    const key = keyOf(object);
    const known = this.#known.get(key);
    if (this.#isWanted(object.metadata.namespace)) {
      const lost = known?.uid === object.metadata.uid ? known : this.#newly(object);
      await this.#tell({ known: lost, object, isDeleted: true });
    }
    if (known?.uid === object.metadata.uid) {
      this.#known.delete(key);
    }
  }

  async #learn(before: Known<Note> | undefined, object: KubeObject): Promise<void> {
    let known = before;
    if (known === undefined || known.uid !== object.metadata.uid) {
      if (known !== undefined) {
        // Another object under the same name: the one before was deleted unseen.
        await this.#tell({ known, object: undefined, isDeleted: true });
      }
      known = this.#newly(object);
    }
    await this.#tell({ known, object, isDeleted: false });
    known.resourceVersion = object.metadata.resourceVersion;
    known.listing = this.#listing;
    this.#known.set(known.key, known);
  }

  #newly({ metadata }: KubeObject): Known<Note> {
    const { namespace, name, uid, creationTimestamp: createdAt, resourceVersion } = metadata;
    const key = namespace === '' ? name : `${namespace}/${name}`;
    return { key, namespace, name, uid, createdAt, resourceVersion, note: undefined, listing: this.#listing };
  }
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
