import { type Config, controllersOf } from '../config.ts';
import type { Cluster } from '../runtime/cluster.ts';
import type { Outgoing } from '../runtime/controller.ts';
import type { Log } from '../runtime/log.ts';
import { createManager, type Manager, type ManagerState } from '../runtime/manager.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import { chance } from './setting.ts';

export interface WatchingOptions {
  readonly cluster: Cluster;
  readonly accept: (reports: readonly Outgoing[]) => Promise<void>;
  /** Whether this replica still observes, by the time. */
  readonly holds?: () => boolean;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Milliseconds for what waits to be observed when observing is to end: the lease is given up only after it. */
const drain = 2_000;

/**
 * Observes as the configuration says; when that changes, from the beginning. Between two runs by the same configuration, as
 * when the lease is lost and won back, it remembers what was accepted, and what was still to be observed.
 */
export class Watching {
  readonly #options: WatchingOptions;
  #config: Config;
  #manager: Manager | undefined;
  /** Whether the manager goes by the configuration as it is now. */
  #isCurrent = false;
  /** Ends what goes by the configuration before. */
  #change = new AbortController();

  constructor(config: Config, options: WatchingOptions) {
    this.#config = config;
    this.#options = options;
  }

  state(): ManagerState | undefined {
    return this.#manager?.state();
  }

  apply(config: Config): void {
    this.#config = config;
    this.#isCurrent = false;
    this.#change.abort();
  }

  /** Observes until `signal` is aborted; may be called again when it has resolved. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#change = new AbortController();
      const manager = this.#isCurrent && this.#manager !== undefined ? this.#manager : this.#create();
      const over = AbortSignal.any([signal, this.#change.signal]);
      await manager.run(over);
      // Without a controller there is nothing to do until one is switched on.
      await aborted(over);
    }
  }

  #create(): Manager {
    const { namespaces, resync } = this.#config;
    const controllers = controllersOf(this.#config);
    const manager = createManager({ ...this.#options, ...chance, controllers, namespaces, resync, drain });
    this.#manager = manager;
    this.#isCurrent = true;
    const names = controllers.map(({ name }) => name);
    this.#options.log.info({ controllers: names, namespaces }, 'observing');
    return manager;
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) {
      resolve();
    }
  });
}
