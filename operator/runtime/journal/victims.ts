import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry.ts';
import type { Disk } from './disk.ts';
import type { Entries, Entry } from './entries.ts';
import type { Grave, Graveyard } from './graveyard.ts';
import { bodyKey, decodeBody, pendingKey } from './records.ts';

/**
 * Why a report left the journal undelivered. `passing`, `superseded`, `oldest`: there were too many, and that is what
 * it was. `dead_letter_limit`: there were too many dead letters. `by_hand`: somebody dropped the dead letter. `memory_lost`: it
 * was never written to the disk and the operator ended. `unreadable`: the disk does not give it back.
 */
export type DropReason =
  | 'passing'
  | 'superseded'
  | 'oldest'
  | 'dead_letter_limit'
  | 'by_hand'
  | 'memory_lost'
  | 'unreadable';

export interface VictimsOptions {
  readonly disk: Disk;
  readonly dead: Graveyard;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Drops reports, and never silently: each is counted and named. */
export class Victims {
  readonly #options: VictimsOptions;

  constructor(options: VictimsOptions) {
    this.#options = options;
  }

  /** @param reason what it was when left out */
  async drop(entries: Entries, victims: readonly Entry[], reason?: DropReason): Promise<void> {
    const { disk } = this.#options;
    await this.#tell(victims, (entry) => reason ?? kindOf(entry));
    for (const entry of victims) {
      entries.remove(entry);
      disk.delete(pendingKey(entry));
      disk.delete(bodyKey(entry.id), entry.bytes);
    }
  }

  /** Drops reports that are in memory only, those first that would be dropped first, until that needs less. */
  async makeRoom(entries: Entries, bytes: number): Promise<void> {
    const { disk } = this.#options;
    const inMemory = [...entries].filter((entry) => !entry.isTaken && disk.owes(bodyKey(entry.id)));
    const isSpare = (entry: Entry): boolean => kindOf(entry) !== 'oldest';
    const order = [...inMemory.filter(isSpare), ...inMemory.filter((entry) => !isSpare(entry))];
    const victims: Entry[] = [];
    let excess = disk.owedBytes - bytes;
    for (const entry of order) {
      if (excess <= 0) {
        break;
      }
      victims.push(entry);
      excess -= entry.bytes;
    }
    await this.drop(entries, victims);
  }

  async bury(graves: readonly Grave[], reason: DropReason): Promise<void> {
    await this.#tell(graves, () => reason);
    for (const grave of graves) {
      this.#options.dead.remove(grave);
    }
  }

  /** What is in memory only when the operator ends. */
  async lose(entries: readonly Entry[]): Promise<void> {
    await this.#tell(entries, () => 'memory_lost');
  }

  /** Something that nothing is known of but its place on the disk. */
  unreadable(key: string): void {
    const { telemetry, log } = this.#options;
    telemetry.count('reports_dropped', { controller: 'unknown', reason: 'unreadable' });
    log.error({ key, reason: 'unreadable' }, 'a report was dropped');
  }

  async #tell<T extends { readonly id: string; readonly controller: string }>(
    victims: readonly T[],
    reasonOf: (victim: T) => DropReason,
  ): Promise<void> {
    const { disk, telemetry, log } = this.#options;
    // A disk that cannot be read leaves them without their names.
    const bodies = await disk.read(victims.map(({ id }) => bodyKey(id))).catch(() => []);
    victims.forEach((victim, place) => {
      const { id, controller } = victim;
      const reason = reasonOf(victim);
      const { subject, eventId, outcome } = decodeBody(bodies[place])?.label ?? {};
      telemetry.count('reports_dropped', { controller, reason });
      log.warn({ controller, reason, id, subject, eventId, outcome }, 'a report was dropped');
    });
  }
}

function kindOf(entry: Entry): 'passing' | 'superseded' | 'oldest' {
  if (entry.isPassing) {
    return 'passing';
  }
  return entry.isSuperseded ? 'superseded' : 'oldest';
}
