import { setMaxListeners } from 'node:events';
import { ClusterFailure, hasStatus } from '../cluster/failure.ts';
import { type Listing, listAll } from '../cluster/list.ts';
import type { Controller, KubeObject, Outgoing, Reader } from '../controller.ts';
import type { ManagerOptions } from '../manager.ts';
import { nameOf, toObject } from '../objects.ts';
import { backoff, pause } from '../patience.ts';
import { NAMESPACES, type Places, placesOf } from '../places.ts';
import { trimmed } from './look.ts';
import { type Problem, Problems, placeOf } from './problems.ts';
import { readerFor } from './reader.ts';

/** What became of one object. */
interface Row {
  readonly controller: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
  /** What was accepted. */
  readonly reports: readonly Outgoing[];
  /** Why it could not be observed, or its reports not be accepted. */
  readonly failure?: string;
}

export interface Pass {
  /** One for each object. */
  readonly rows: readonly Row[];
  /** What could not be listed or read. */
  readonly problems: readonly Problem[];
}

/** Attempts at a list or an object, before it is given up. */
const ATTEMPTS = 3;

/** Lists everything once, observes it and ends. Nothing is watched. */
export async function observeOnce(options: ManagerOptions, signal: AbortSignal): Promise<Pass> {
  // One for each request that is under way.
  setMaxListeners(0, signal);
  const problems = new Problems(options.clock);
  const places = placesOf(options.namespaces);
  const isWanted = await chosen(options, places, problems, signal);
  const rows: Row[] = [];
  for (const controller of options.controllers) {
    const reader = readerFor(controller, options.cluster, problems, signal);
    for (const namespace of places.watched) {
      const pass = new PlacePass(options, controller, reader, signal);
      const name = `${controller.name}: list ${nameOf(controller.watches)} in ${placeOf(namespace)}`;
      const take = (item: unknown): void | Promise<void> => pass.take(item, isWanted);
      await persist(options, signal, name, problems, {
        kind: controller.watches,
        namespace,
        signal,
        take,
      });
      rows.push(...(await pass.end()));
    }
  }
  return { rows, problems: problems.list() };
}

/** The objects of one list, some of them at the same time. */
class PlacePass {
  readonly #options: ManagerOptions;
  readonly #controller: Controller;
  readonly #reader: Reader;
  readonly #signal: AbortSignal;
  readonly #active = new Set<Promise<void>>();
  readonly #uids = new Set<string>();
  readonly #rows: Row[] = [];

  constructor(options: ManagerOptions, controller: Controller, reader: Reader, signal: AbortSignal) {
    this.#options = options;
    this.#controller = controller;
    this.#reader = reader;
    this.#signal = signal;
  }

  /** @returns a promise when as many are under way as may be */
  take(item: unknown, isWanted: (namespace: string) => boolean): void | Promise<void> {
    const object = toObject(item, this.#controller.watches);
    if (object === undefined) {
      this.#row('', '', {
        reason: 'this item is no object',
        reports: [],
        failure: 'it has no name, uid or version',
      });
      return;
    }
    // A list that was begun again gives the same objects again.
    if (!isWanted(object.metadata.namespace) || this.#uids.has(object.metadata.uid)) {
      return;
    }
    this.#uids.add(object.metadata.uid);
    const work = this.#observe(trimmed(this.#controller, object, () => undefined)).finally(() =>
      this.#active.delete(work),
    );
    this.#active.add(work);
    return this.#active.size < (this.#options.concurrency ?? 128) ? undefined : Promise.race(this.#active);
  }

  async end(): Promise<readonly Row[]> {
    await Promise.all(this.#active);
    return this.#rows;
  }

  async #observe(object: KubeObject): Promise<void> {
    const { accept, clock, random } = this.#options;
    const { namespace, name } = object.metadata;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const subject = { object, isDeleted: false };
        const { reports, reason } = await this.#controller.observe(subject, this.#reader, clock());
        if (reports.length > 0) {
          await accept(reports);
        }
        this.#row(namespace, name, { reason, reports });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || this.#signal.aborted) {
          const failure = error instanceof Error ? error.message : String(error);
          this.#row(namespace, name, { reason: 'it cannot be observed', reports: [], failure });
          return;
        }
        await pause(backoff(attempt, 500, 5_000, random), this.#signal);
      }
    }
  }

  #row(namespace: string, name: string, row: Pick<Row, 'reason' | 'reports' | 'failure'>): void {
    this.#rows.push({ controller: this.#controller.name, namespace, name, ...row });
  }
}

async function chosen(
  options: ManagerOptions,
  places: Places,
  problems: Problems,
  signal: AbortSignal,
): Promise<(namespace: string) => boolean> {
  if (places.selector === undefined) {
    return (namespace) => !places.isExcluded(namespace);
  }
  const names = new Set<string>();
  const take = (item: unknown): void => {
    const object = toObject(item, NAMESPACES);
    if (object !== undefined) {
      names.add(object.metadata.name);
    }
  };
  const listing = { kind: NAMESPACES, namespace: '', labelSelector: places.selector, signal, take };
  await persist(options, signal, 'namespaces: list namespaces', problems, listing);
  return (namespace) => names.has(namespace) && !places.isExcluded(namespace);
}

/** Lists, several times if need be; what cannot be listed is named and left out. */
async function persist(
  { cluster, random }: ManagerOptions,
  signal: AbortSignal,
  name: string,
  problems: Problems,
  listing: Listing,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await listAll(cluster, listing);
      problems.note(name, undefined);
      return;
    } catch (error) {
      if (!(error instanceof ClusterFailure) || signal.aborted) {
        throw error;
      }
      problems.note(name, error);
      if (attempt === ATTEMPTS || hasStatus(error, 401, 403, 404)) {
        return;
      }
      await pause(backoff(attempt, 500, 5_000, random), signal);
    }
  }
}
