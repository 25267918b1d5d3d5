import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { OperationId } from '../../core/contract/operations.ts';
import type { DatabaseHealth } from '../../db/health/check.ts';
import type { Telemetry } from '../http/telemetry.ts';

/** Connections of this process, and the statements that wait for one. */
interface Pool {
  readonly idle: number;
  readonly busy: number;
  readonly connecting: number;
  readonly waiting: number;
}

/** What is asked for when metrics are. */
interface Sources {
  readonly inFlight: () => number;
  readonly pool: () => Pool;
  /** Null when the database does not answer. */
  readonly database: () => Promise<DatabaseHealth | null>;
  readonly isReady: () => Promise<boolean>;
}

/** A request that was answered, or whose client left before that. */
interface Answered {
  /** Undefined where no operation has this route and method. */
  readonly operation: OperationId | undefined;
  readonly method: string | undefined;
  /** Undefined for a client that left. */
  readonly status: number | undefined;
  readonly seconds: number;
}

/** What is counted of requests. */
export interface RequestMetrics {
  answered(request: Answered): void;
}

/** Work that the gateway does by the clock. */
type Upkeep = 'history' | 'words';

export interface GatewayMetrics extends Telemetry, RequestMetrics {
  upkept(task: Upkeep, isDone: boolean): void;
  /** Until then, those that need them are absent. */
  attach(sources: Sources): void;
  /** All of them in the text format of Prometheus, beside what prom-client tells of the process. */
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

interface Limits {
  readonly maxInFlight: number;
  readonly databaseConnections: number;
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The metrics of one gateway. Labels hold ids of operations, methods that there are, classes of statuses and outcomes
 * of reports: nothing that a caller could choose.
 *
 * @param now milliseconds since 1970
 */
export function createMetrics(
  about: Readonly<Record<'version' | 'node', string>>,
  limits: Limits,
  now: () => number,
): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = (name: string, help: string, labelNames: readonly string[] = []) => ({
    name: `kite_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    new Gauge(made(name, help, labelNames));

  const requests = new Counter(
    made('requests_total', 'Requests by operation (none: no route), and by 2xx to 5xx or gone.', [
      'operation',
      'method',
      'status',
    ]),
  );
  const durations = new Histogram({
    ...made('request_seconds', 'From the head of a request to the end of its answer.', ['operation']),
    buckets,
  });
  const reports = new Counter(
    made('reports_total', 'Reports by what became of them.', ['operation', 'outcome']),
  );
  const upkeepFailures = new Counter(
    made('upkeep_failures_total', 'Times that work by the clock failed: history or words.', ['task']),
  );
  const upkept = gauge('upkeep_last_success_seconds', 'When it last succeeded, in seconds since 1970.', [
    'task',
  ]);
  const inFlight = gauge('requests_in_flight', 'Requests at work.');
  const pool = gauge('database_connections', 'Connections of this process by state.', ['state']);
  const waiting = gauge('database_waiting', 'Statements of this process that wait for a connection.');
  const up = gauge('database_up', '1 while the database answers.');
  const open = gauge('database_server_connections', 'Connections to this database, of anybody.');
  const most = gauge('database_server_connections_limit', 'Connections that the server takes.');
  const ready = gauge('ready', '1 while /readyz says so.');
  gauge('info', 'Always 1; the labels say what runs.', ['version', 'node']).set(about, 1);
  gauge('requests_in_flight_limit', 'Requests at work beyond which one is refused.').set(limits.maxInFlight);
  gauge('database_connections_limit', 'Connections that this process opens at the most.').set(
    limits.databaseConnections,
  );
  for (const task of ['history', 'words'] as const satisfies readonly Upkeep[]) {
    upkeepFailures.inc({ task }, 0);
  }

  let sources: Sources | undefined;
  const collect = async (): Promise<void> => {
    if (sources === undefined) {
      ready.set(0);
      return;
    }
    inFlight.set(sources.inFlight());
    const { waiting: statements, ...connections } = sources.pool();
    waiting.set(statements);
    for (const [state, count] of Object.entries(connections)) {
      pool.set({ state }, count);
    }
    const [database, isReady] = await Promise.all([sources.database(), sources.isReady()]);
    up.set(database === null ? 0 : 1);
    ready.set(isReady ? 1 : 0);
    if (database === null) {
      open.remove();
      most.remove();
    } else {
      open.set(database.open);
      most.set(database.most);
    }
  };

  return {
    answered({ operation = 'none', method = '', status, seconds }) {
      requests.inc({
        operation,
        method: methods.has(method) ? method : 'other',
        status: status === undefined ? 'gone' : `${Math.floor(status / 100)}xx`,
      });
      durations.observe({ operation }, seconds);
    },
    reported(operation, outcomes) {
      for (const [outcome, count] of Object.entries(outcomes)) {
        reports.inc({ operation, outcome }, count);
      }
    },
    upkept(task, isDone) {
      if (isDone) {
        upkept.set({ task }, now() / 1000);
      } else {
        upkeepFailures.inc({ task });
      }
    },
    attach(given) {
      sources = given;
    },
    async text() {
      await collect();
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
