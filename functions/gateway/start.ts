import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { startAccess } from '../access/start.ts';
import { connectTo } from '../aws/database.ts';
import type { Config } from '../config.ts';
import { handlers } from '../handlers.ts';
import { about } from '../http/about.ts';
import type { Runtime } from '../http/runtime.ts';
import { noTelemetry } from '../http/telemetry.ts';
import { bringUpToDate, meetDatabase, nameOf } from './database.ts';
import { keepHistory } from './history.ts';
import { createMetrics, type GatewayMetrics } from './metrics.ts';
import { startOwnDatabase } from './own-database.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { type Gateway, startGateway } from './server.ts';
import { type StatusServer, startStatus } from './status.ts';
import { type Watch, watchDatabase } from './watch.ts';
import { keepWords } from './words.ts';

/** What was started, to be ended in the reverse order. */
export type Closers = (() => Promise<unknown>)[];

/** What is told of this process, and whether it is ready. */
interface Status {
  readonly metrics: GatewayMetrics;
  /** Looks at the database of this address from now on. */
  watch(url: string): Watch;
  readonly readiness: Readiness;
  /** Undefined where nobody asked for a port. */
  readonly server: StatusServer | undefined;
}

/** Starts everything; what has been started is in `closers` also when this fails or is stopped. */
export async function start(config: Config, log: Logger, closers: Closers, stop: AbortSignal): Promise<void> {
  const status = await openStatus(config, log, closers);
  const { metrics, readiness } = status;
  stop.throwIfAborted();
  const { url, database } = await openDatabase(config, log, closers, stop);
  // Ended after the gateway: until then somebody may ask.
  const watch = status.watch(url);
  stop.throwIfAborted();
  await bringUpToDate(url, config, log);
  stop.throwIfAborted();
  closers.push(
    await keepHistory(database, config.historyDays, log, (isDone) => metrics.upkept('history', isDone)),
  );
  stop.throwIfAborted();
  closers.push(keepWords(database.sql, log, (isDone) => metrics.upkept('words', isDone)));
  const access = startAccess(config.access, database.sql, log);
  const runtime: Runtime = {
    config,
    database,
    clock: Date.now,
    newId: randomUUID,
    log,
    access,
    telemetry: status.server === undefined ? noTelemetry : metrics,
  };
  const bound = new Map(handlers.map((handler) => [handler.operation, handler.bind(runtime)]));
  const gateway = await startGateway({
    handlers: bound,
    config,
    log,
    isOpen: !access.isOn,
    // What nobody can ask for is not counted: it costs some 6 µs a request.
    ...(status.server !== undefined && { metrics }),
  });
  closers.push(async () => {
    readiness.stop();
    gateway.drain();
    await pause(config.drainDelay);
    await gateway.close();
  });
  metrics.attach({
    inFlight: gateway.inFlight,
    pool: () => database.sql.pool(),
    database: () => watch.look(),
    isReady: async () => (await readiness.problems()).length === 0,
  });
  readiness.serve();
  greet(gateway, status.server, config);
}

/** Alive from here on, and not ready yet. */
async function openStatus(config: Config, log: Logger, closers: Closers): Promise<Status> {
  const metrics = createMetrics({ version: about.version, node: process.versions.node }, config, Date.now);
  let watch: Watch | undefined;
  const readiness = createReadiness(async () => (await watch?.look()) ?? null);
  let server: StatusServer | undefined;
  if (config.metricsPort !== undefined) {
    server = await startStatus({
      host: config.host,
      port: config.metricsPort,
      problems: () => readiness.problems(),
      metrics: () => metrics.text(),
      log,
    });
    closers.push(server.close);
  }
  return {
    metrics,
    readiness,
    server,
    watch(url) {
      const made = watchDatabase(
        (patience) => connectTo(config, url, { connections: 1, timeout: patience }),
        () => performance.now(),
        log,
      );
      watch = made;
      closers.push(() => made.close());
      return made;
    },
  };
}

async function openDatabase(
  config: Config,
  log: Logger,
  closers: Closers,
  stop: AbortSignal,
): Promise<{ readonly url: string; readonly database: Database }> {
  const url = config.databaseUrl ?? (await openOwnDatabase(config, log, closers));
  stop.throwIfAborted();
  const database = connectTo(config, url, {
    connections: config.databaseConnections,
    timeout: config.databaseTimeout,
  });
  closers.push(() => database.close());
  await meetDatabase(database, nameOf(url, config), log, stop, config.metricsPort !== undefined);
  return { url, database };
}

async function openOwnDatabase(config: Config, log: Logger, closers: Closers): Promise<string> {
  const own = await startOwnDatabase(config.dataDirectory, log);
  closers.push(() => own.stop());
  return own.url;
}

function greet({ url }: Gateway, status: StatusServer | undefined, config: Config): void {
  const { host, access, databaseUrl, dataDirectory } = config;
  const data =
    databaseUrl === undefined
      ? `Its data is in ${dataDirectory}.`
      : 'Its data is in the database of DATABASE_URL.';
  process.stdout.write(`Kite is listening on ${url}

  curl ${url}/api/v1/health
  curl '${url}/api/v1/issues?namespace=default'
  ${url}/api/v1/openapi.json lists all operations; docs/ explains them.
${status === undefined ? '' : `  ${status.url}/metrics has its figures.\n`}
${
  access === undefined
    ? `It listens on ${host} only, because access control is off: whoever reaches it may do everything.`
    : 'Access control is on: callers say who they are with a token or an API key.'
}
${data} Ctrl-C stops it.
`);
}
