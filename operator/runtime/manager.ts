import { setMaxListeners } from 'node:events';
import type { Cluster } from './cluster.ts';
import type { Controller, Outgoing } from './controller.ts';
import type { Log } from './log.ts';
import { Lane } from './manager/lane.ts';
import type { Note } from './manager/look.ts';
import { type Problem, Problems, placeOf } from './manager/problems.ts';
import { readerFor } from './manager/reader.ts';
import { Scope } from './manager/scope.ts';
import { nameOf } from './objects.ts';
import { pause } from './patience.ts';
import { type NamespaceSelection, placesOf } from './places.ts';
import { Reflector } from './reflector.ts';
import type { Telemetry } from './telemetry.ts';
import { turns } from './turns.ts';

export interface ManagerOptions {
  readonly cluster: Cluster;
  /** Those that are enabled; the others cost nothing. */
  readonly controllers: readonly Controller[];
  readonly namespaces: NamespaceSelection;
  /**
   * Takes the reports of one observation: when it resolves they count as handled, and are not said again while the object
   * is as it was. When it rejects, the object is observed again later.
   */
  readonly accept: (reports: readonly Outgoing[]) => Promise<void>;
  /** Whether this replica still observes, by the time and not by what it was told; see `Election.holds`. */
  readonly holds?: () => boolean;
  /**
   * Observations at the same time, for each controller. Default 128: what they read and journal together is joined, so many
   * cost little more than one.
   */
  readonly concurrency?: number;
  /** Objects that may wait for each controller before it stops reading from the API server. Default 2000. */
  readonly mostWaiting?: number;
  /** Milliseconds after which everything is listed and observed again. Default ten hours. */
  readonly resync?: number;
  /** Milliseconds for what waits when `run` is to end. Default 5 s. */
  readonly drain?: number;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

interface ControllerState {
  readonly name: string;
  /** Whether all that it watches was listed once. */
  readonly isSynced: boolean;
  /** Objects that it knows. */
  readonly watched: number;
  /** Objects that are to be observed, or are being observed. */
  readonly waiting: number;
  /** Milliseconds since the one that has waited longest was seen. */
  readonly oldestMs: number;
}

export interface ManagerState {
  readonly controllers: readonly ControllerState[];
  readonly problems: readonly Problem[];
}

export interface Manager {
  /**
   * Watches and observes until `signal` is aborted. Then it reads no more and observes what waits, for as long as `drain`
   * and `holds` allow; it resolves when nothing is observed any more. It may be run again: what was accepted is
   * remembered, and so is what was left waiting.
   */
  run(signal: AbortSignal): Promise<void>;
  state(): ManagerState;
}

/** Milliseconds between two looks at the gauges. */
const GAUGES = 2_000;
/** Lists that go on at the same time for one controller. */
const LISTS = 2;

interface Watched {
  readonly controller: Controller;
  readonly lane: Lane;
  readonly reflectors: readonly Reflector<Note>[];
}

/** Watches what the enabled controllers ask for, and gives every object that is new or has changed to its controller. */
export function createManager(options: ManagerOptions): Manager {
  const { cluster, telemetry, log, clock, random } = options;
  const { concurrency = 128, mostWaiting = 2_000, resync = 36_000_000, drain = 5_000 } = options;
  const places = placesOf(options.namespaces);
  const problems = new Problems(clock);
  const shared = { cluster, resync, telemetry, log, clock, random };
  const scope = new Scope({ ...shared, places, problems });
  const isWanted = (namespace: string): boolean => scope.isWanted(namespace);
  let isOver = true;
  const mayAccept = (): boolean => !isOver && (options.holds?.() ?? true);

  const watched = options.controllers.map((controller): Watched => {
    const { accept } = options;
    const limits = { concurrency, mostWaiting };
    const lane = new Lane({ ...shared, ...limits, controller, accept, mayAccept, isWanted });
    const turn = turns(LISTS);
    const reflectors = places.watched.map((namespace) => {
      const where = `${nameOf(controller.watches)} in ${placeOf(namespace)}`;
      return new Reflector<Note>({
        ...shared,
        kind: controller.watches,
        namespace,
        controller: controller.name,
        isWanted,
        turn,
        onSighting: (sighting) => lane.take(sighting),
        onMalformed: (item) => {
          telemetry.count('malformed_objects', { controller: controller.name });
          log.error({ controller: controller.name, namespace, item: shape(item) }, 'an item is no object');
        },
        onProblem: (verb, failure) => problems.note(`${controller.name}: ${verb} ${where}`, failure),
      });
    });
    return { controller, lane, reflectors };
  });
  scope.onMore(() => {
    for (const reflector of watched.flatMap(({ reflectors }) => reflectors)) {
      reflector.refresh();
    }
  });

  const state = (): ManagerState => ({
    controllers: watched.map(({ controller, lane, reflectors }) => ({
      name: controller.name,
      isSynced: scope.isSynced && reflectors.every(({ isSynced }) => isSynced),
      watched: reflectors.reduce((sum, { size }) => sum + size, 0),
      waiting: lane.waiting,
      oldestMs: lane.oldestMs,
    })),
    problems: problems.list(),
  });
  const gauge = (): void => {
    for (const { name: controller, ...figures } of state().controllers) {
      telemetry.gauge('watched_objects', figures.watched, { controller });
      telemetry.gauge('queue_depth', figures.waiting, { controller });
      telemetry.gauge('queue_age_seconds', figures.oldestMs / 1000, { controller });
    }
  };

  /** The namespaces first: until they are known nothing is wanted. */
  const watch = async (signal: AbortSignal): Promise<void> => {
    const following = scope.run(signal);
    while (!scope.isSynced && !signal.aborted) {
      await pause(20, signal);
    }
    const running = watched.flatMap(({ reflectors }) => reflectors.map((each) => each.run(signal)));
    await Promise.all([following, ...running]);
  };

  /** Lets the lanes end what waits, while there is time and the right to. */
  const drained = async (): Promise<void> => {
    const over = new AbortController();
    const idle = Promise.all(watched.map(({ lane }) => lane.idle())).then(() => over.abort());
    const end = clock() + drain;
    while (!over.signal.aborted && mayAccept() && clock() < end) {
      await pause(Math.min(50, Math.max(1, end - clock())), over.signal);
    }
    void idle;
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    const over = new AbortController();
    isOver = false;
    // One for each request that is under way.
    setMaxListeners(0, signal, over.signal);
    const gauges = setInterval(gauge, GAUGES);
    try {
      for (const { controller, lane } of watched) {
        lane.start(readerFor(controller, cluster, problems, over.signal));
      }
      await watch(signal);
      await drained();
    } finally {
      isOver = true;
      clearInterval(gauges);
      over.abort();
      await Promise.all(watched.map(({ lane }) => lane.stop()));
      gauge();
    }
  };
  return { run, state };
}

/** Enough of what is no object to find out who sent it. */
function shape(item: unknown): string {
  return (JSON.stringify(item) ?? String(item)).slice(0, 200);
}
