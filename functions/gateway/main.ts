import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { ConfigError } from '../../core/config-error.ts';
import { connect, type Database } from '../../db/client.ts';
import { dropHistory } from '../../db/history/drop.ts';
import { ensureHistory } from '../../db/history/ensure.ts';
import { migrate } from '../../db/migrate.ts';
import { startAccess } from '../access/start.ts';
import { type Config, readConfig } from '../config.ts';
import { handlers } from '../handlers.ts';
import type { Runtime } from '../http/runtime.ts';
import { startOwnDatabase } from './own-database.ts';
import { type Gateway, startGateway } from './server.ts';
import { keepWords } from './words.ts';

/** As `server_version_num` counts. */
const oldestVersion = 150_000;
const hour = 60 * 60 * 1000;
/** Where sh is bash, `npm start` delivers one Ctrl-C twice (npm 11.19: 0.5 ms apart): so soon, it is the same one. */
const sameSignal = 500;

/** What was started, to be ended in the reverse order. */
type Closers = (() => Promise<unknown>)[];

/**
 * Lines wait for others for a tenth of a second at the most, since a write for each would cost as much as a fifth of
 * the request that it tells of. None is lost when the process ends, unless it is killed.
 */
function openLines(): ReturnType<typeof pino.destination> {
  const lines = pino.destination({ dest: 1, sync: true, minLength: 4096, periodicFlush: 100 });
  process.on('exit', () => {
    try {
      lines.flushSync();
    } catch (error) {
      if (!isBrokenPipe(error)) {
        throw error;
      }
    }
  });
  return lines;
}

/** Whoever read our output is gone. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

async function createLogger({ logLevel: level, logFormat }: Config): Promise<Logger> {
  if (logFormat === 'json') {
    return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, openLines());
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(
    { level, base: null },
    pretty({
      colorize: process.stdout.isTTY,
      sync: true,
      destination: 1,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
    }),
  );
}

/** Starts everything; what has been started is in `closers` also when this fails or is stopped. */
async function start(config: Config, log: Logger, closers: Closers, stop: AbortSignal): Promise<void> {
  const database = await openDatabase(config, log, closers, stop);
  stop.throwIfAborted();
  await bringUpToDate(database.url, log);
  stop.throwIfAborted();
  await keepHistory(database, config, log, closers);
  stop.throwIfAborted();
  closers.push(keepWords(database.sql, log));
  const access = startAccess(config.access, database.sql, log);
  const runtime: Runtime = { config, database, clock: Date.now, newId: randomUUID, log, access };
  const bound = new Map(handlers.map((handler) => [handler.operation, handler.bind(runtime)]));
  const gateway = await startGateway({ handlers: bound, config, log, isOpen: !access.isOn });
  closers.push(() => gateway.close());
  greet(gateway, config);
}

async function openDatabase(
  config: Config,
  log: Logger,
  closers: Closers,
  stop: AbortSignal,
): Promise<Database & { readonly url: string }> {
  const url = config.databaseUrl ?? (await openOwnDatabase(config, log, closers));
  stop.throwIfAborted();
  const database = connect(url, { connections: config.databaseConnections, timeout: config.databaseTimeout });
  closers.push(() => database.close());
  try {
    await database.sql`select 1`;
  } catch (error) {
    const { host, pathname } = new URL(url);
    const name = config.databaseUrl === undefined ? 'the embedded database' : 'the database of DATABASE_URL';
    throw new Error(`${name} (${host}${pathname}) does not answer: ${sentenceOf(error)}`, { cause: error });
  }
  await requireVersion(database);
  return { ...database, url };
}

/** @throws Error for a server that is too old for what the migrations use */
async function requireVersion({ sql }: Database): Promise<void> {
  const [row] = await sql<{ version: string; number: number }[]>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number`;
  if (row !== undefined && row.number < oldestVersion) {
    throw new Error(`the database is PostgreSQL ${row.version}; Kite needs 15 or newer`);
  }
}

async function openOwnDatabase(config: Config, log: Logger, closers: Closers): Promise<string> {
  const own = await startOwnDatabase(config.dataDirectory, log);
  closers.push(() => own.stop());
  return own.url;
}

/** Beside the bundle, or where they are in the sources. */
function findMigrations(): URL {
  const places = ['./migrations/', '../../db/migrations/'].map((path) => new URL(path, import.meta.url));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(
      `the migrations are missing: expected them in ${places.map((place) => place.pathname).join(' or ')}`,
    );
  }
  return found;
}

/** Over a connection of its own, which waits as long as another starter or a large table takes. */
async function bringUpToDate(url: string, log: Logger): Promise<void> {
  const { sql, close } = connect(url, { connections: 1, timeout: 10_000, statementTimeout: 0 });
  try {
    const { applied } = await migrate(sql, findMigrations());
    if (applied.length > 0) {
      log.info({ applied }, 'the database was brought up to date');
    }
  } finally {
    await close();
  }
}

/** Drops old history now and every hour, and makes room for what is to come; a failure is logged and tried again then. */
async function keepHistory(
  { sql }: Database,
  { historyDays }: Config,
  log: Logger,
  closers: Closers,
): Promise<void> {
  const keep = async (): Promise<void> => {
    try {
      await ensureHistory(sql, Date.now(), historyDays);
      const dropped = await dropHistory(sql, Date.now(), historyDays);
      if (dropped.length > 0) {
        log.info({ dropped }, 'old history was dropped');
      }
    } catch (error) {
      log.error(
        { reason: sentenceOf(error) },
        'history could not be kept in order; the next try is in an hour',
      );
    }
  };
  let kept = keep();
  const timer = setInterval(() => {
    kept = kept.then(keep);
  }, hour);
  timer.unref();
  closers.push(async () => {
    clearInterval(timer);
    await kept;
  });
  await kept;
}

function greet({ url }: Gateway, { host, access, databaseUrl, dataDirectory }: Config): void {
  const data =
    databaseUrl === undefined
      ? `Its data is in ${dataDirectory}.`
      : 'Its data is in the database of DATABASE_URL.';
  process.stdout.write(`Kite is listening on ${url}

  curl ${url}/api/v1/health
  curl '${url}/api/v1/issues?namespace=default'
  ${url}/api/v1/openapi.json lists all operations; docs/ explains them.

${
  access === undefined
    ? `It listens on ${host} only, because access control is off: whoever reaches it may do everything.`
    : 'Access control is on: callers say who they are with a token or an API key.'
}
${data} Ctrl-C stops it.
`);
}

/** The message, with that of its causes where it has none of its own. */
function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(sentenceOf).join('; ');
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function readEnvironment(): Config | undefined {
  try {
    return readConfig(process.env, process.stdout.isTTY, process.getuid?.() === 0);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    complain(`Kite cannot start with this configuration:\n${error.message}`);
    return undefined;
  }
}

async function close(closers: Closers, log: Logger): Promise<boolean> {
  let isClean = true;
  for (const closer of closers.splice(0).reverse()) {
    try {
      await closer();
    } catch (error) {
      isClean = false;
      log.error({ reason: sentenceOf(error) }, 'something did not end as it should');
    }
  }
  return isClean;
}

/** Runs until a signal or a failure ends it; the exit code. */
async function run(config: Config, log: Logger): Promise<number> {
  const stop = new AbortController();
  let firstSignal: number | undefined;
  let exitCode = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    firstSignal ??= performance.now();
    if (performance.now() - firstSignal > sameSignal) {
      process.exit(1);
    }
    if (!stop.signal.aborted) {
      log.info({ signal }, 'stopping');
      stop.abort();
    }
  };
  const onFailure = (error: unknown): void => {
    log.fatal({ err: error }, 'stopping after a failure that nobody handled');
    exitCode = 1;
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('unhandledRejection', onFailure).on('uncaughtException', onFailure);
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  const closers: Closers = [];
  try {
    await start(config, log, closers, stop.signal);
    await stopped;
  } catch (error) {
    if (!stop.signal.aborted) {
      complain(`Kite could not start: ${sentenceOf(error)}`);
      log.debug({ err: error }, 'could not start');
      exitCode = 1;
    }
  }
  const isClean = await close(closers, log);
  return isClean ? exitCode : 1;
}

// Whoever read our output may be gone; that is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
const config = readEnvironment();
process.exit(config === undefined ? 1 : await run(config, await createLogger(config)));
