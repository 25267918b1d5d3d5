/** A kind of object as the API server's paths name it. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower case, as in the path: `pipelineruns`. */
  readonly plural: string;
  readonly kind: string;
}

/** What every object has; all else is unknown until a controller has looked at it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    /** Empty for what has no namespace. */
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    /** RFC 3339. */
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A report on its way to Kite: what must be known to keep, order and drop it, and the report itself. */
export interface Outgoing {
  /** The controller that observed it. */
  readonly controller: string;
  readonly outcome: 'failing' | 'passing';
  /** What it is about: a newer one with the same subject supersedes it. */
  readonly subject: string;
  /** The same observation has the same id, whoever makes it and how often. */
  readonly eventId: string;
  /** An element of `reports` in `POST /api/v1/reports`, ready to be sent. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** What a look at an object came to. */
export interface Observation {
  /** None when there is nothing to say. */
  readonly reports: readonly Outgoing[];
  /** Why it was or was not reported, in a few words: for the log, `--once` and `--dry-run`. */
  readonly reason: string;
  /**
   * Milliseconds after which to look again though nothing has changed, such as for what may be stuck. As long as it is
   * set the object is kept in memory as it was seen last, so that its deletion is judged by that even if nobody saw it.
   */
  readonly again?: number | undefined;
}

/** Reads what an observation needs besides the object, through the API server. */
export interface Reader {
  /** Null when there is none, or it may not be read (the manager then names the missing permission in /readyz). */
  get(kind: ResourceKind, namespace: string, name: string): Promise<KubeObject | null>;
  /** All that match, in pages; empty when they may not be read. */
  list(kind: ResourceKind, namespace: string, labelSelector: string): Promise<readonly KubeObject[]>;
}

/**
 * An object as it was seen last. One that vanished while nobody watched, and was not to be looked at again, has nothing but
 * `metadata` then: name, namespace, uid, resourceVersion and creationTimestamp, with empty labels and annotations.
 */
export interface Subject {
  readonly object: KubeObject;
  /** Whether it is gone; the object is then its last known state. */
  readonly isDeleted: boolean;
}

/**
 * Watches one kind of object and says what it sees. It is given the current state, not what changed, and may be given
 * the same state any number of times: it must come to the same reports.
 */
export interface Controller {
  readonly name: string;
  readonly watches: ResourceKind;
  /** What else is read; with `watches` it is all that the controller's RBAC has to allow. */
  readonly reads: readonly ResourceKind[];
  /**
   * The part of the object that `observe` needs; the rest is forgotten at once, so that a list of ten thousand fits in
   * little memory. The same object when left out.
   */
  trim?(object: KubeObject): KubeObject;
  /** The same for what it reads: many of these may be in memory together, whole ones of some ten kilobytes each. */
  trimRead?(object: KubeObject): KubeObject;
  /** @param now milliseconds since 1970 */
  observe(subject: Subject, reader: Reader, now: number): Promise<Observation>;
}
