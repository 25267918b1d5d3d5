import type { Outgoing } from '../controller.ts';
import { readJson } from '../json.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { Disk } from './disk.ts';
import { Entries, type Entry } from './entries.ts';
import { Graveyard } from './graveyard.ts';
import { load, remembered } from './load.ts';
import { JobQueue } from './queue.ts';
import {
  bodyKey,
  type DeadRecord,
  decodeBody,
  digest,
  encodeBody,
  encodePending,
  idOf,
  newEntry,
  pendingKey,
} from './records.ts';
import { Store } from './store.ts';
import { Taken } from './taken.ts';
import type {
  DeadLetter,
  Journal,
  JournalOptions,
  JournalStats,
  Kept,
  Pending,
  Refusal,
  Selection,
  TakeLimits,
} from './types.ts';
import { Victims } from './victims.ts';

/** A report as it is kept. */
interface Parcel {
  readonly id: string;
  readonly outgoing: Outgoing;
  readonly json: string;
}

/** A journal: an index in memory, the reports on the disk, and one queue of changes to both. */
export class Keeper implements Journal {
  readonly #options: JournalOptions;
  readonly #bounds: Bounds;
  readonly #store: Store;
  readonly #disk: Disk;
  readonly #dead: Graveyard;
  readonly #taken: Taken;
  readonly #queue: JobQueue;
  readonly #victims: Victims;
  readonly #callbacks = new Set<() => void>();
  #entries = new Entries();
  #next = 0;
  /** Whether there is something to take that was not there when callers were told last. */
  #hasNews = false;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#bounds = boundsOf(options);
    const { telemetry, log, clock } = options;
    this.#store = new Store(options.directory);
    this.#disk = new Disk({
      store: this.#store,
      telemetry,
      log,
      clock,
      retry: () => this.#queue.commit(),
      load: () => this.#load(),
    });
    this.#dead = new Graveyard(this.#disk);
    this.#taken = new Taken(this.#disk, this.#bounds.mostRemembered);
    this.#queue = new JobQueue(() => this.#commit());
    this.#victims = new Victims({ disk: this.#disk, dead: this.#dead, telemetry, log });
  }

  /** @throws CannotOpenError */
  async open(): Promise<void> {
    await this.#disk.open();
    await this.#queue.add(() => undefined);
  }

  async append(reports: readonly Outgoing[]): Promise<Kept> {
    // Made to text now, so that it is what was said at this moment.
    const parcels = reports.map((outgoing) => ({
      id: idOf(outgoing),
      outgoing,
      json: JSON.stringify(outgoing.report),
    }));
    const { isWritten } = await this.#change(() => {
      for (const parcel of parcels) {
        this.#keep(parcel);
      }
    });
    return isWritten ? 'disk' : 'memory';
  }

  stats(): JournalStats {
    const { oldest } = this.#entries;
    const problem = this.#disk.problem;
    return {
      pending: this.#entries.size,
      dead: this.#dead.size,
      bytes: this.#entries.bytes + this.#dead.bytes,
      oldestMs: oldest === undefined ? 0 : Math.max(0, this.#options.clock() - oldest.seq / 1000),
      bytesInMemory: this.#disk.owedBytes,
      isWritable: problem === undefined,
      ...(problem !== undefined && { problem }),
    };
  }

  waiting(): number {
    return this.#entries.waiting;
  }

  async take(limits: TakeLimits, isHeld: (subject: string) => boolean): Promise<readonly Pending[]> {
    const { value } = await this.#change(() => this.#take(limits, isHeld));
    return value;
  }

  async addressed(url: string): Promise<void> {
    await this.#change(() => this.#taken.address(digest(url)));
  }

  async delivered(ids: readonly string[]): Promise<void> {
    await this.#change(() => {
      const now = this.#options.clock();
      for (const id of ids) {
        const entry = this.#entries.get(id);
        if (entry?.isTaken === true) {
          this.#taken.add(id, now);
          this.#entries.remove(entry);
          this.#disk.delete(pendingKey(entry));
          this.#disk.delete(bodyKey(id), entry.bytes);
        }
      }
    });
  }

  async refused(id: string, refusal: Refusal): Promise<void> {
    await this.#change(async () => {
      const entry = this.#entries.get(id);
      const [body] = await this.#disk.read([bodyKey(id)]);
      const label = decodeBody(body)?.label;
      if (entry?.isTaken !== true || label === undefined) {
        return;
      }
      this.#entries.remove(entry);
      this.#disk.delete(pendingKey(entry));
      const refusedAt = this.#options.clock();
      this.#dead.bury(id, { ...label, bytes: entry.bytes, refusedAt, refusal });
    });
  }

  release(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) {
        this.#entries.release(entry);
      }
    }
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const { value } = await this.#change(() => this.#dead.list());
    return value;
  }

  async deadReport(id: string): Promise<Readonly<Record<string, unknown>> | null> {
    const { value } = await this.#change(async () => {
      const [grave] = this.#dead.select([id]);
      const [body] = grave === undefined ? [] : await this.#disk.read([bodyKey(grave.id)]);
      return readJson(decodeBody(body)?.json ?? 'null');
    });
    return typeof value === 'object' && value !== null ? { ...value } : null;
  }

  async retry(which: Selection): Promise<number> {
    const { value } = await this.#change(async () => {
      const records = await this.#dead.records(this.#dead.select(which));
      for (const [id, record] of records) {
        this.#revive(id, record);
      }
      return records.length;
    });
    return value;
  }

  async drop(which: Selection): Promise<number> {
    const { value } = await this.#change(async () => {
      const graves = this.#dead.select(which);
      await this.#victims.bury(graves, 'by_hand');
      return graves.length;
    });
    return value;
  }

  onWaiting(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#queue.commit();
    await this.#queue.idle();
    await this.#victims.lose([...this.#entries].filter((entry) => this.#disk.owes(bodyKey(entry.id))));
    await this.#disk.close();
  }

  async #change<T>(run: () => T | Promise<T>): Promise<{ readonly value: T; readonly isWritten: boolean }> {
    if (this.#isClosed) {
      throw new Error(`The journal in ${this.#options.directory} is closed.`);
    }
    return this.#queue.add(run);
  }

  #keep({ id, outgoing, json }: Parcel): void {
    if (this.#entries.get(id) !== undefined || this.#taken.has(id, this.#options.clock())) {
      return;
    }
    const { controller, subject, outcome } = outgoing;
    const body = encodeBody(outgoing, json);
    const bytes = Buffer.byteLength(json);
    // Said again, perhaps in other words by a newer version: the server may take it now.
    if (this.#dead.unearth(id)) {
      this.#disk.put(bodyKey(id), body);
    } else {
      this.#disk.create(bodyKey(id), body);
    }
    this.#insert({ id, controller, subject: digest(subject), isPassing: outcome === 'passing', bytes });
    this.#options.telemetry.count('reports_journalled', { controller });
  }

  #revive(id: string, { controller, subject, outcome, bytes }: DeadRecord): void {
    this.#dead.unearth(id);
    this.#insert({ id, controller, subject: digest(subject), isPassing: outcome === 'passing', bytes });
  }

  #insert(fields: Omit<Parameters<typeof newEntry>[0], 'seq'>): void {
    this.#next = Math.max(this.#next + 1, Math.floor(this.#options.clock() * 1000));
    const entry = newEntry({ ...fields, seq: this.#next });
    this.#entries.add(entry);
    this.#disk.create(pendingKey(entry), encodePending(entry));
    this.#hasNews = true;
  }

  async #take(limits: TakeLimits, isHeld: (subject: string) => boolean): Promise<readonly Pending[]> {
    const isReadable = ({ id }: Entry): boolean => this.#store.isOpen || this.#disk.owes(bodyKey(id));
    const chosen = this.#entries.choose(limits, (entry) => isReadable(entry) && !isHeld(entry.subject));
    const bodies = await this.#disk.read(chosen.map(({ id }) => bodyKey(id)));
    const unreadable: Entry[] = [];
    const pending = chosen.flatMap((entry, place) => {
      const body = decodeBody(bodies[place]);
      if (body === null) {
        unreadable.push(entry);
        return [];
      }
      this.#entries.take(entry);
      return [{ id: entry.id, controller: entry.controller, subject: entry.subject, json: body.json }];
    });
    await this.#victims.drop(this.#entries, unreadable, 'unreadable');
    return pending;
  }

  /** Drops what is too much and writes the rest. */
  async #commit(): Promise<boolean> {
    await this.#bound();
    const wasFailing = this.#disk.problem !== undefined;
    const isWritten = await this.#disk.flush();
    this.#hasNews ||= wasFailing && isWritten;
    if (!isWritten && this.#disk.owedBytes > this.#bounds.mostBytesInMemory) {
      // More than needed, so that not every further report looks through all of them.
      await this.#victims.makeRoom(this.#entries, Math.floor(0.9 * this.#bounds.mostBytesInMemory));
    }
    const { telemetry } = this.#options;
    telemetry.gauge('journal_pending_reports', this.#entries.size);
    telemetry.gauge('journal_dead_letters', this.#dead.size);
    telemetry.gauge('journal_bytes', this.#entries.bytes + this.#dead.bytes);
    telemetry.gauge('journal_writable', this.#disk.problem === undefined ? 1 : 0);
    if (this.#hasNews) {
      this.#hasNews = false;
      for (const callback of this.#callbacks) {
        callback();
      }
    }
    this.#disk.compact(this.#entries.bytes + this.#dead.bytes);
    return isWritten;
  }

  async #bound(): Promise<void> {
    while (this.#dead.size > this.#bounds.mostDead && this.#dead.oldest !== undefined) {
      await this.#victims.bury([this.#dead.oldest], 'dead_letter_limit');
    }
    const { mostReports, mostBytes } = this.#bounds;
    while (
      this.#entries.size + this.#dead.size > mostReports ||
      this.#entries.bytes + this.#dead.bytes > mostBytes
    ) {
      const victim = this.#entries.victim();
      if (victim === undefined) {
        break;
      }
      await this.#victims.drop(this.#entries, [victim]);
    }
  }

  /** Takes in what the disk holds; it is older than what is known already. */
  async #load(): Promise<void> {
    const found = await load(this.#store, this.#disk, (id) => this.#entries.get(id) !== undefined);
    const entries = new Entries();
    for (const entry of [...found.pending, ...this.#entries]) {
      entries.add(entry);
      this.#next = Math.max(this.#next, entry.seq);
    }
    this.#entries = entries;
    this.#dead.load(found.dead);
    if (this.#bounds.mostRemembered > 0) {
      this.#taken.load(await remembered(this.#store, this.#disk), this.#options.clock());
    }
    found.unreadable.forEach((key) => {
      this.#victims.unreadable(key);
    });
    this.#hasNews = entries.size > 0;
  }
}
