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

/** Observes as the configuration says; when that changes, from the beginning. */
export class Watching {
  readonly #options: WatchingOptions;
  #config: Config;
  #manager: Manager | undefined;
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
    this.#change.abort();
  }

  /** Observes until `signal` is aborted; may be called again when it has resolved. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#change = new AbortController();
      const { namespaces, resync } = this.#config;
      const controllers = controllersOf(this.#config);
      this.#manager = createManager({ ...this.#options, ...chance, controllers, namespaces, resync, drain });
      const names = controllers.map(({ name }) => name);
      this.#options.log.info({ controllers: names, namespaces }, 'observing');
      const over = AbortSignal.any([signal, this.#change.signal]);
      await this.#manager.run(over);
      // Without a controller there is nothing to do until one is switched on.
      await aborted(over);
    }
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
