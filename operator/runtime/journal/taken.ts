import type { Disk } from './disk.ts';
import { serverKey, takenKey } from './records.ts';

/** What is remembered for longer is forgotten, in milliseconds: a server that was put back to an older state is told again. */
const memory = 24 * 60 * 60 * 1000;

/** What a disk remembers of the reports that were taken. */
export interface Remembered {
  /** Which server took them, as `address` was given it; undefined when nobody has said. */
  readonly server: string | undefined;
  readonly taken: readonly (readonly [id: string, at: number])[];
}

/**
 * Which reports the server has taken of late: a restart observes everything anew, and need not send all of it again.
 * To forget one costs little: it is sent once more, and is a duplicate to the server.
 */
export class Taken {
  readonly #disk: Disk;
  readonly #most: number;
  #server: string | undefined;
  /** When each was taken, in milliseconds since 1970; the oldest first. About 100 bytes of memory each. */
  #times = new Map<string, number>();

  /** @param most how many are remembered; with 0 what the disk remembers is neither used nor changed */
  constructor(disk: Disk, most: number) {
    this.#disk = disk;
    this.#most = most;
  }

  /** Takes in what the disk remembers, unless another server took it. */
  load({ server, taken }: Remembered, now: number): void {
    if (this.#most === 0) {
      return;
    }
    this.#server ??= server;
    const known = this.#times;
    const found = this.#server === server ? taken.filter(([id]) => !known.has(id)) : [];
    this.#times = new Map([...found].sort(([, one], [, other]) => one - other).concat([...known]));
    for (const [id] of taken) {
      if (!this.#times.has(id)) {
        this.#disk.delete(takenKey(id));
      }
    }
    this.#forget(now);
  }

  /** Says who takes what is sent from now on. What another server took counts for nothing. */
  address(server: string): void {
    if (this.#most === 0 || server === this.#server) {
      return;
    }
    for (const id of this.#times.keys()) {
      this.#disk.delete(takenKey(id));
    }
    this.#times.clear();
    this.#server = server;
    this.#disk.put(serverKey, server);
  }

  has(id: string, now: number): boolean {
    const at = this.#times.get(id);
    return at !== undefined && now - at < memory;
  }

  add(id: string, now: number): void {
    if (this.#most === 0) {
      return;
    }
    this.#times.delete(id);
    this.#times.set(id, now);
    this.#disk.put(takenKey(id), String(now));
    this.#forget(now);
  }

  #forget(now: number): void {
    for (const [id, at] of this.#times) {
      if (this.#times.size <= this.#most && now - at < memory) {
        return;
      }
      this.#times.delete(id);
      this.#disk.delete(takenKey(id));
    }
  }
}
