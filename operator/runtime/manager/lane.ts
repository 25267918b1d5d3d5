import { isDeepStrictEqual } from 'node:util';
import type { Controller, Outgoing, Reader } from '../controller.ts';
import type { Sighting } from '../inventory.ts';
import type { Log } from '../log.ts';
import { Queue } from '../queue.ts';
import type { Telemetry } from '../telemetry.ts';
import { type Note, type Pending, pendingOf, unsaid } from './look.ts';

export interface LaneOptions {
  readonly controller: Controller;
  readonly accept: (reports: readonly Outgoing[]) => Promise<void>;
  /** Whether reports may still be accepted. */
  readonly mayAccept: () => boolean;
  /** What waits elsewhere is left alone: the namespace is not chosen any more. */
  readonly isWanted: (namespace: string) => boolean;
  readonly concurrency: number;
  readonly mostWaiting: number;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
}

/**
 * The way of one controller's objects from sighting to acceptance. Holds the objects that wait, and those that are to be
 * looked at again later; no others.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #queue: Queue;
  /** By key, the oldest first: several where an object was deleted and made anew under the same name. */
  readonly #waiting = new Map<string, Pending[]>();
  /** Those that the controller wants to see again though nothing has changed. */
  readonly #kept = new Map<string, Pending>();
  #count = 0;
  #isRunning = false;
  #reader: Reader | undefined;
  #whenRoom: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    const { concurrency, clock, random } = options;
    this.#queue = new Queue({
      concurrency,
      clock,
      random,
      work: (key) => this.#work(key),
      onFailure: (key, error, wait) => this.#failed(key, error, wait),
    });
  }

  get waiting(): number {
    return this.#count;
  }

  get oldestMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [pending] of this.#waiting.values()) {
      oldest = Math.min(oldest, pending?.seenAt ?? oldest);
    }
    return Number.isFinite(oldest) ? Math.max(0, this.#options.clock() - oldest) : 0;
  }

  /** What is to be looked at again is not looked at until it is seen: it may not be any more as it was last. */
  start(reader: Reader): void {
    this.#reader = reader;
    this.#isRunning = true;
    for (const key of this.#waiting.keys()) {
      this.#queue.add(key);
    }
    this.#queue.start();
  }

  /** Resolves when nothing waits to be looked at but what has failed and what is for later. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Resolves when no look is under way. What waits is there for the next start. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#makeRoom();
    await this.#queue.stop();
  }

  /** @returns a promise when too many wait already, which resolves when there is room */
  take(sighting: Sighting<Note>): void | Promise<void> {
    const { controller, clock, telemetry, log, mostWaiting } = this.#options;
    const { key, uid, namespace, name } = sighting.known;
    const line = this.#waiting.get(key) ?? [];
    const earlier = line.findIndex((each) => each.known.uid === uid);
    const kept = line[earlier] ?? this.#kept.get(key);
    const object = kept?.known.uid === uid ? kept.object : undefined;
    const seenAt = line[earlier]?.seenAt ?? clock();
    const pending = pendingOf(sighting, controller, object, seenAt, (error) => {
      telemetry.count('malformed_objects', { controller: controller.name });
      log.error({ controller: controller.name, namespace, name, err: error }, 'an object cannot be trimmed');
    });
    if (earlier >= 0) {
      line[earlier] = pending;
    } else {
      line.push(pending);
      this.#count += 1;
    }
    this.#waiting.set(key, line);
    this.#queue.add(key);
    return this.#count < mostWaiting || !this.#isRunning
      ? undefined
      : new Promise<void>((resolve) => this.#whenRoom.push(resolve));
  }

  /** Looks at all that waits under a name; one that fails does not keep the others from being looked at. */
  async #work(key: string): Promise<number | undefined> {
    const waiting = this.#waiting.get(key) ?? [];
    const kept = this.#kept.get(key);
    const line = waiting.length === 0 && kept !== undefined ? [kept] : [...waiting];
    let again: number | undefined;
    const failures: unknown[] = [];
    for (const pending of line) {
      try {
        again = await this.#look(pending);
        this.#done(key, pending, again);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw failures[0];
    }
    return again;
  }

  #done(key: string, pending: Pending, again: number | undefined): void {
    const line = this.#waiting.get(key) ?? [];
    const at = line.indexOf(pending);
    if (at >= 0) {
      line.splice(at, 1);
      this.#count -= 1;
    }
    if (line.length === 0) {
      this.#waiting.delete(key);
    }
    if (again !== undefined && !pending.isDeleted) {
      this.#kept.set(key, pending);
    } else {
      this.#kept.delete(key);
    }
    if (this.#count < this.#options.mostWaiting) {
      this.#makeRoom();
    }
  }

  async #look({ known, object, isDeleted }: Pending): Promise<number | undefined> {
    const { controller, accept, mayAccept, isWanted, telemetry, log, clock } = this.#options;
    if (!isWanted(known.namespace)) {
      return undefined;
    }
    if (this.#reader === undefined || !mayAccept()) {
      throw new NotOurs();
    }
    const began = clock();
    const { reports, reason, again } = await controller.observe({ object, isDeleted }, this.#reader, began);
    const fresh = unsaid(known, reports);
    if (fresh.length > 0) {
      if (!mayAccept()) {
        throw new NotOurs();
      }
      await accept(fresh);
    }
    telemetry.time('observe_seconds', (clock() - began) / 1000, { controller: controller.name });
    for (const { outcome } of fresh) {
      telemetry.count('observed_reports', { controller: controller.name, outcome });
    }
    const outcome = fresh.length > 0 ? 'reported' : reports.length > 0 ? 'known' : 'nothing';
    telemetry.count('observations', { controller: controller.name, outcome });
    const fields = {
      controller: controller.name,
      namespace: known.namespace,
      name: known.name,
      reason,
      reports: fresh.map(({ eventId }) => eventId),
    };
    if (fresh.length > 0 || known.note?.reason !== reason) {
      log.info(fields, fresh.length > 0 ? 'reported' : 'not reported');
    } else {
      log.debug(fields, 'nothing new');
    }
    const eventIds = reports.map(({ eventId }) => eventId);
    const said = known.note?.eventIds ?? [];
    known.note = {
      eventIds: eventIds.length === 0 || isDeepStrictEqual(eventIds, said) ? said : eventIds,
      reason,
    };
    return again;
  }

  #failed(key: string, error: unknown, wait: number): void {
    const { controller, mayAccept, telemetry, log } = this.#options;
    if (error instanceof NotOurs || !mayAccept()) {
      return;
    }
    telemetry.count('observations', { controller: controller.name, outcome: 'failed' });
    const { namespace, name } = this.#waiting.get(key)?.[0]?.known ?? { namespace: '', name: key };
    log.error(
      { controller: controller.name, namespace, name, err: error, waitMs: Math.round(wait) },
      'an object cannot be observed; trying again',
    );
  }

  #makeRoom(): void {
    for (const resolve of this.#whenRoom.splice(0)) {
      resolve();
    }
  }
}

/** The right to observe has ended under way: another replica does it. */
class NotOurs extends Error {}
