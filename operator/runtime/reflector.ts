import { ClusterFailure, failureOf, hasStatus, isRecord } from './cluster/failure.ts';
import { linesOf } from './cluster/lines.ts';
import { listAll } from './cluster/list.ts';
import type { Cluster } from './cluster.ts';
import type { ResourceKind } from './controller.ts';
import { Inventory, type Sighting } from './inventory.ts';
import type { Log } from './log.ts';
import { nameOf, pathOf, toObject } from './objects.ts';
import { backoff, Patience, pause } from './patience.ts';
import type { Telemetry } from './telemetry.ts';

export interface ReflectorOptions<Note> {
  readonly cluster: Cluster;
  readonly kind: ResourceKind;
  /** Empty for all of them. */
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  /** Objects elsewhere are neither given nor remembered. */
  readonly isWanted: (namespace: string) => boolean;
  /**
   * Takes what is new, has changed or is gone. Nothing more is read until a promise that it returns has resolved; if it
   * rejects, everything is listed again.
   */
  readonly onSighting: (sighting: Sighting<Note>) => void | Promise<void>;
  /** Told of an item that is no object. */
  readonly onMalformed: (item: unknown) => void;
  /** Told why it cannot be listed or watched, and with undefined that it can. */
  readonly onProblem: (verb: 'list' | 'watch', failure: ClusterFailure | undefined) => void;
  /** Lets few lists go on at the same time. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Milliseconds after which everything is listed, and given again though it has not changed. */
  readonly resync: number;
  readonly telemetry: Telemetry;
  /** For telemetry and the log. */
  readonly controller: string;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
  readonly timing?: Partial<WatchTiming>;
}

/** In milliseconds. */
export interface WatchTiming {
  /** After this long the API server ends a watch. Default 290 s. */
  readonly watch: number;
  /**
   * Silence after which a watch counts as dead, once it is known to send bookmarks (about one a minute). Default 150 s.
   */
  readonly silence: number;
  /** Until then silence is allowed for as long as the watch may last, and this much longer. Default 15 s. */
  readonly grace: number;
  /** The first wait after a failure is up to `base`, doubled each time up to `most`. Default 500 ms, 60 s. */
  readonly base: number;
  readonly most: number;
}

/** A watch that ends within this many milliseconds and has brought nothing is a failure, though it ended in good order. */
const SHORTEST_WATCH = 1_000;

/**
 * Lists the objects of one kind and then watches them: gives each one that is new, has changed or is gone, and keeps
 * only what `Known` holds.
 *
 * A watch that the API server ends in good order goes on from where it was. Any other end leads, after a wait, to a fresh
 * list; what is missing in it has vanished in between.
 */
export class Reflector<Note> {
  readonly #options: ReflectorOptions<Note>;
  readonly #timing: WatchTiming;
  readonly #inventory: Inventory<Note>;
  /** Set while it watches. */
  #patience: Patience | undefined;
  #isSynced = false;
  #isStale = false;

  constructor(options: ReflectorOptions<Note>) {
    this.#options = options;
    this.#timing = {
      watch: 290_000,
      silence: 150_000,
      grace: 15_000,
      base: 500,
      most: 60_000,
      ...options.timing,
    };
    this.#inventory = new Inventory(options.isWanted, options.onSighting);
  }

  /** Whether everything was listed once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** How many objects it knows. */
  get size(): number {
    return this.#inventory.size;
  }

  /** Lists again as soon as it can, for instance since more namespaces are wanted. */
  refresh(): void {
    this.#isStale = true;
    this.#patience?.end(new ClusterFailure('what is wanted has changed', { reason: 'Refresh' }));
  }

  /**
   * Goes on until `signal` is aborted; then it resolves. When it is run again, the first list gives all objects again, as
   * nobody has waited meanwhile for what was to be looked at later.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, resync } = this.#options;
    const isAgain = this.#isSynced;
    this.#isSynced = false;
    let failures = 0;
    let version: string | undefined;
    let due = 0;
    while (!signal.aborted) {
      try {
        if (version === undefined || this.#isStale || clock() >= due) {
          const isResync = due === 0 ? isAgain : clock() >= due;
          version = await this.#options.turn(() => this.#list(isResync, signal));
          due = isResync || due === 0 ? clock() + resync * (0.9 + 0.2 * random()) : due;
          // It may have become stale under way.
          continue;
        }
        version = await this.#watch(version, due - clock(), signal, () => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        version = undefined;
        if (isReason(error, 'Refresh')) {
          // Wishes come in bursts, and one list serves them all.
          await pause(this.#timing.base, signal);
        } else if (!isReason(error, 'Resync')) {
          failures += 1;
          await this.#recover(error, failures, signal);
        }
      }
    }
  }

  async #list(isResync: boolean, signal: AbortSignal): Promise<string> {
    const { cluster, kind, namespace, labelSelector, telemetry, controller, clock } = this.#options;
    const began = clock();
    this.#isStale = false;
    this.#inventory.begin(isResync);
    const take = (item: unknown): void | Promise<void> => {
      signal.throwIfAborted();
      const object = toObject(item, kind);
      return object === undefined ? this.#options.onMalformed(item) : this.#inventory.see(object);
    };
    const version = await this.#named('list', () =>
      listAll(cluster, { kind, namespace, labelSelector, signal, take }),
    );
    await this.#inventory.end();
    this.#isSynced = true;
    telemetry.time('list_seconds', (clock() - began) / 1000, { controller });
    return version;
  }

  /** @returns the version to go on from, when the watch ended in good order */
  async #watch(from: string, most: number, outer: AbortSignal, onLife: () => void): Promise<string> {
    const { cluster, kind, namespace, labelSelector = '', clock } = this.#options;
    const began = clock();
    const patience = new Patience(outer);
    this.#patience = patience;
    let version = from;
    let isAlive = false;
    let hasBookmarks = false;
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(Math.max(1, Math.round(this.#timing.watch / 1000))),
      ...(labelSelector !== '' && { labelSelector }),
    };
    const silence = (): number =>
      hasBookmarks ? this.#timing.silence : this.#timing.watch + this.#timing.grace;
    patience.wait(
      Math.max(0, most) + 10,
      () => new ClusterFailure('it is time to list', { reason: 'Resync' }),
    );
    try {
      await this.#named('watch', async () => {
        const path = pathOf(kind, namespace);
        // Where nothing happens the first event may be a minute away.
        const onOpen = (): void => this.#options.onProblem('watch', undefined);
        const chunks = cluster.stream({ path, query, signal: patience.signal, silence, onOpen });
        for await (const line of linesOf(chunks)) {
          const event = eventOf(line);
          if (!isAlive && event.type !== 'ERROR') {
            isAlive = true;
            onLife();
          }
          hasBookmarks ||= event.type === 'BOOKMARK';
          version = (await this.#take(event)) ?? version;
        }
      });
    } finally {
      this.#patience = undefined;
      patience.end();
    }
    if (!isAlive && clock() - began < SHORTEST_WATCH) {
      throw new ClusterFailure('the watch ended as soon as it had begun');
    }
    onLife();
    const { telemetry, controller } = this.#options;
    telemetry.count('watch_restarts', { controller, reason: 'ended' });
    return version;
  }

  /** @returns the version that is known from now on */
  async #take({ type, object: value }: WatchEvent): Promise<string | undefined> {
    if (type === 'ERROR') {
      throw failureOf(value, 0);
    }
    if (type === 'BOOKMARK') {
      const metadata = isRecord(value) && isRecord(value.metadata) ? value.metadata : {};
      return typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : undefined;
    }
    const object = toObject(value, this.#options.kind);
    if (object === undefined) {
      this.#options.onMalformed(value);
      return undefined;
    }
    await (type === 'DELETED' ? this.#inventory.lose(object) : this.#inventory.see(object));
    return object.metadata.resourceVersion;
  }

  async #named<T>(verb: 'list' | 'watch', work: () => Promise<T>): Promise<T> {
    try {
      const done = await work();
      this.#options.onProblem(verb, undefined);
      return done;
    } catch (error) {
      if (
        error instanceof ClusterFailure &&
        !isReason(error, 'Refresh', 'Resync') &&
        !hasStatus(error, 410)
      ) {
        this.#options.onProblem(verb, error);
      }
      throw error;
    }
  }

  async #recover(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const { kind, namespace, telemetry, controller, log, random } = this.#options;
    const asked = error instanceof ClusterFailure ? (error.retryAfter ?? 0) : 0;
    const wait = backoff(failures, this.#timing.base, this.#timing.most, random);
    const delay = Math.max(wait, Math.min(asked, this.#timing.most));
    telemetry.count('watch_restarts', { controller, reason: reasonOf(error) });
    log.warn(
      { controller, kind: nameOf(kind), namespace, err: error, waitMs: Math.round(delay) },
      'the watch broke off; listing again',
    );
    await pause(delay, signal);
  }
}

interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

function eventOf(line: string): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ClusterFailure('the watch sent what is not JSON', { cause: error });
  }
  if (!isRecord(value) || typeof value.type !== 'string') {
    throw new ClusterFailure('the watch sent what is not an event');
  }
  return { type: value.type, object: value.object };
}

function isReason(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof ClusterFailure && reasons.includes(error.reason);
}

/** One of a few words, for a metric. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ClusterFailure)) {
    return 'refused';
  }
  const words: Readonly<Record<number, string>> = {
    401: 'unauthorized',
    403: 'forbidden',
    404: 'missing',
    410: 'gone',
    429: 'throttled',
  };
  if (error.status === 0) {
    return error.reason === 'Silent' ? 'silent' : 'lost';
  }
  return words[error.status] ?? (error.status >= 500 ? 'unavailable' : 'refused');
}
