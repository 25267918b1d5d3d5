import type { Cluster } from '../cluster.ts';
import type { Sighting } from '../inventory.ts';
import type { Log } from '../log.ts';
import { NAMESPACES, type Places } from '../places.ts';
import { Reflector } from '../reflector.ts';
import type { Telemetry } from '../telemetry.ts';
import { turns } from '../turns.ts';
import type { Problems } from './problems.ts';

export interface ScopeOptions {
  readonly cluster: Cluster;
  readonly places: Places;
  readonly problems: Problems;
  readonly resync: number;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
}

/** Milliseconds for which a namespace that is gone stays chosen: its objects' deletions may be told after its own. */
const FAREWELL = 60_000;

/** Which namespaces are chosen, now: watches them where a label selector chooses. */
export class Scope {
  readonly #places: Places;
  readonly #clock: () => number;
  readonly #reflector: Reflector<never> | undefined;
  /** Until when each is chosen. */
  readonly #chosen = new Map<string, number>();
  /** Told when there are more than before. */
  readonly #onMore: (() => void)[] = [];

  constructor({ places, cluster, problems, ...options }: ScopeOptions) {
    this.#places = places;
    this.#clock = options.clock;
    const { selector } = places;
    if (selector !== undefined) {
      this.#reflector = new Reflector<never>({
        ...options,
        cluster,
        kind: NAMESPACES,
        namespace: '',
        labelSelector: selector,
        controller: 'namespaces',
        isWanted: () => true,
        onSighting: (sighting) => this.#see(sighting),
        onMalformed: () => options.telemetry.count('malformed_objects', { controller: 'namespaces' }),
        onProblem: (verb, failure) => problems.note(`namespaces: ${verb} namespaces`, failure),
        turn: turns(1),
      });
    }
  }

  get isSynced(): boolean {
    return this.#reflector?.isSynced ?? true;
  }

  /** @param namespace empty for what has none */
  isWanted(namespace: string): boolean {
    if (this.#places.isExcluded(namespace)) {
      return false;
    }
    return this.#reflector === undefined || (this.#chosen.get(namespace) ?? 0) > this.#clock();
  }

  onMore(listener: () => void): void {
    this.#onMore.push(listener);
  }

  /** Goes on until `signal` is aborted; then it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector?.run(signal);
  }

  #see({ known: { name }, object, isDeleted }: Sighting<never>): void {
    if (!isDeleted) {
      const isNew = !this.#chosen.has(name);
      this.#chosen.set(name, Number.POSITIVE_INFINITY);
      if (isNew && this.isSynced) {
        for (const listener of this.#onMore) {
          listener();
        }
      }
    } else if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
      // It is still there: it has lost the label.
      this.#chosen.delete(name);
    } else {
      this.#chosen.set(name, this.#clock() + FAREWELL);
    }
  }
}
