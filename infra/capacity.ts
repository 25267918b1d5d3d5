import type { Operation } from '../core/contract/operation.ts';
import { type OperationId, operations } from '../core/contract/operations.ts';
import { type DeployConfig, instanceMemory } from './config.ts';

/** What an operation does, as far as its function's size goes. */
export type OperationClass = 'ingest' | 'read' | 'act' | 'about';

/** They answer from their own bundle: they get neither network nor database. */
const withoutDatabase: ReadonlySet<OperationId> = new Set(['root.get', 'version.get', 'openapi.get']);

/** Memory in MB, and seconds until Lambda ends it: more than a request may take, less than API Gateway's 29. */
export const sizes: Readonly<Record<OperationClass, { readonly memory: number; readonly seconds: number }>> =
  {
    ingest: { memory: 1024, seconds: 20 },
    read: { memory: 1024, seconds: 15 },
    act: { memory: 512, seconds: 15 },
    about: { memory: 512, seconds: 10 },
  };

/** Of what works for nobody who waits: one of each at a time. */
export const workSizes = {
  migrate: { memory: 1024, seconds: 900 },
  key: { memory: 512, seconds: 20 },
  retention: { memory: 512, seconds: 300 },
  words: { memory: 512, seconds: 59 },
} as const;

export interface PlannedOperation {
  readonly id: OperationId;
  readonly operation: Operation;
  readonly class: OperationClass;
  readonly asksDatabase: boolean;
  /** Containers at most; undefined: as many as the account has. */
  readonly concurrency: number | undefined;
}

/** Every operation of the API, with the size that its class gives it. */
export function planOperations({ concurrency }: Pick<DeployConfig, 'concurrency'>): PlannedOperation[] {
  return (Object.keys(operations) as OperationId[]).map((id) => {
    const operation: Operation = operations[id];
    const asksDatabase = !withoutDatabase.has(id);
    const own = classOf(operation, asksDatabase);
    return {
      id,
      operation,
      class: own,
      asksDatabase,
      concurrency: concurrency === 'account' ? undefined : concurrency[own],
    };
  });
}

function classOf({ access, method }: Operation, asksDatabase: boolean): OperationClass {
  if (access === 'report') return 'ingest';
  if (!asksDatabase) return 'about';
  return method === 'GET' ? 'read' : 'act';
}

/** Of a gibibyte of the instance's memory; RDS's own formula gives 112, which leaves less for caches and sorting. */
const connectionsPerGiB = 75;
const mostConnections = 1000;

/** Per cent of the database's connections that the proxy may hold: the rest is for whoever looks into it by hand. */
export const proxyPercent = 90;

/** How many connections the database takes, by its instance: set as a parameter, so it is no guess. */
export function databaseConnections(instance: keyof typeof instanceMemory): number {
  return Math.min(mostConnections, instanceMemory[instance] * connectionsPerGiB);
}

/** Connections that functions can have at once when all run that may; undefined: nothing is reserved. */
function reservedConnections(config: Pick<DeployConfig, 'concurrency'>): number | undefined {
  if (config.concurrency === 'account') {
    return undefined;
  }
  const handlers = planOperations(config).filter(({ asksDatabase }) => asksDatabase);
  const periodic = Object.keys(workSizes).length;
  return handlers.reduce((sum, { concurrency = 0 }) => sum + concurrency, periodic);
}

/**
 * Holds that functions cannot want more connections than the proxy has: each container has one.
 * @throws Error that says by how much, and what to change
 */
export function requireRoom(
  config: Pick<DeployConfig, 'concurrency'>,
  instance: keyof typeof instanceMemory,
): void {
  const wanted = reservedConnections(config);
  const room = Math.floor((databaseConnections(instance) * proxyPercent) / 100);
  if (wanted !== undefined && wanted >= room) {
    throw new Error(
      `Functions could want ${wanted} connections at once, and the proxy of a ${instance} has ${room}: lower concurrency, or take a larger database.instance.`,
    );
  }
}
