import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { findBinaries, isRoot, requireReach, serverAccount } from './embedded/account.ts';
import { type Cluster, ensureCluster, ROLE, resetPassword } from './embedded/cluster.ts';
import { explain, hasCode, readTail, withTail } from './embedded/failure.ts';
import { liveLock, until } from './embedded/lock.ts';
import { ensurePassword, preparePlace, sweepPlace } from './embedded/place.ts';
import { freePort, launch, type Running, stopServer } from './embedded/server.ts';

const DATABASE = 'kite';
const DEFAULT_CONNECTIONS = 100;
/** How long a server may take to leave `starting` or `stopping`: recovery replays at most about max_wal_size (1 GB). */
const SETTLE_MS = 120_000;
/** A server that is ready but answers nothing for this long hangs, and is replaced. */
const SILENCE_MS = 10_000;
/** How long orphaned backends may hold the data of a killed server, or other starters get in the way. */
const CONTENTION_MS = 30_000;

export interface EmbeddedOptions {
  /** Where the database lives; created when absent. Holds `data`, `password` (mode 0600) and `server.log`. */
  readonly directory: string;
  /** The TCP port on 127.0.0.1; 0 or absent for any free one. A server that is adopted keeps the port it has. */
  readonly port?: number;
  /** Default true. False turns fsync, synchronous_commit and full_page_writes off: quick, and lost with the machine. */
  readonly durable?: boolean;
  /** Receives a line for each thing done or repaired. The server's own log is the file `server.log`. */
  readonly log?: (line: string) => void;
  /** Default 100. */
  readonly maxConnections?: number;
}

export interface EmbeddedServer {
  /** Address of database `kite`, password included: not for logs. */
  readonly url: string;
  readonly port: number;
  /** True when the server already ran on this directory: left behind by a killed process, or started by another one. */
  readonly adopted: boolean;
  /** Ends the server, also an adopted one, within about 18 s at worst. Any number of calls is one. */
  stop(): Promise<void>;
}

type Greeting = 'ours' | 'wrong password' | 'not durable' | 'silent';

/**
 * Starts the Postgres server of a directory, or adopts the one that runs on it, and makes sure that database `kite` exists.
 *
 * Left-overs are repaired: an unfinished first start, a stale lock, a hung server, a lost password file. A completed
 * cluster is never deleted. Starters that race end up with one server. The server outlives this process unless `stop` is
 * called: nothing here installs a signal or exit handler.
 * @throws Error whose message is a sentence for the operator, with the end of the server's log when there is one
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const binaries = await findBinaries();
  const place = await preparePlace(options.directory, isRoot());
  try {
    const account = await serverAccount(place.data);
    await requireReach(account, [place.directory, binaries.postgres]);
    await sweepPlace(place);
    const password = await ensurePassword(place);
    const log = options.log ?? (() => undefined);
    return await settle(
      { place, account, binaries, password, durable: options.durable ?? true, log },
      options,
    );
  } catch (error) {
    throw explain(error, place.directory);
  }
}

async function settle(cluster: Cluster, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { place, log } = cluster;
  const wantedPort = options.port ?? 0;
  if (!Number.isInteger(wantedPort) || wantedPort < 0 || wantedPort > 65_535) {
    throw new Error(`${wantedPort} is not a TCP port. Choose one from 1024 to 65535, or 0 for any free one.`);
  }
  let portRefused = false;
  let passwordReset = false;
  for (let deadline = Date.now() + CONTENTION_MS; Date.now() < deadline; ) {
    const adopted = await findRunning(cluster);
    if (adopted === undefined) {
      if (portRefused) {
        throw new Error(
          `Port ${wantedPort} on 127.0.0.1 is already in use by another program. Stop that program, or choose another port (0 takes any free one).`,
        );
      }
      await ensureCluster(cluster);
    }
    const running =
      adopted ??
      (await launch(
        cluster,
        wantedPort === 0 ? await freePort() : wantedPort,
        options.maxConnections ?? DEFAULT_CONNECTIONS,
      ));
    if (running === 'lock') {
      await pause(100);
      continue;
    }
    if (running === 'port') {
      portRefused = wantedPort !== 0;
      continue;
    }
    const greeting = await greet(cluster, running);
    if (greeting === 'ours') {
      log(
        `${adopted === undefined ? 'Started' : 'Adopted'} the Postgres server of ${place.directory} (process ${running.pid}, port ${running.port}).`,
      );
      return serve(cluster, running, adopted !== undefined);
    }
    if (greeting === 'wrong password' && passwordReset) {
      await stopServer(running, place.data);
      throw new Error(
        `The password in ${place.passwordFile} does not open the database in ${place.data}, and it could not be changed. Restore the file, or choose another directory.`,
      );
    }
    log(`Stopping the Postgres server of ${place.directory} (process ${running.pid}): ${greeting}.`);
    await stopServer(running, place.data);
    deadline = Date.now() + CONTENTION_MS;
    if (greeting === 'wrong password') {
      await resetPassword(cluster);
      passwordReset = true;
    }
  }
  throw withTail(
    `Another server still uses the data in ${place.data}. Stop it, or choose another directory.`,
    readTail(place.logFile, 0),
    cluster.password,
  );
}

/** The server that runs on the place once it is neither starting nor stopping; undefined when none does. */
async function findRunning(cluster: Cluster): Promise<Running | undefined> {
  const { data } = cluster.place;
  let lock = await liveLock(data, cluster.log);
  const settled = await until(async () => {
    lock = await liveLock(data, cluster.log);
    return lock === undefined || (lock.status === 'ready' && lock.port > 0);
  }, SETTLE_MS);
  if (!settled) {
    throw withTail(
      `The Postgres server of ${data} (process ${lock?.pid}) has been ${lock?.status} for ${SETTLE_MS / 1000} seconds. Wait for it, or end it with \`kill -QUIT ${lock?.pid}\`.`,
      readTail(cluster.place.logFile, 0),
      cluster.password,
    );
  }
  return lock === undefined ? undefined : { pid: lock.pid, port: lock.port };
}

/** Asks a server who it is, for as long as it may be silent, and creates database `kite` when it is ours. */
async function greet(cluster: Cluster, running: Running): Promise<Greeting> {
  let greeting: Greeting = 'silent';
  await until(async () => {
    const sql = connect(cluster, running.port, 'postgres');
    try {
      const [found] = await sql<{ data: string; fsync: string; exists: boolean }[]>`
        select current_setting('data_directory') as data, current_setting('fsync') as fsync,
          exists (select from pg_database where datname = ${DATABASE}) as exists`;
      if (found?.data !== cluster.place.data) {
        throw new Error(
          `Port ${running.port} belongs to a Postgres server with other data than ${cluster.place.data}. Stop it, or choose another directory.`,
        );
      }
      if (cluster.durable && found.fsync === 'off') {
        greeting = 'not durable';
        return true;
      }
      if (!found.exists) {
        await sql`create database ${sql(DATABASE)}`.catch((error: unknown) => {
          // 42P04 and 23505: another starter created it meanwhile.
          if (!hasCode(error, '42P04', '23505')) {
            throw error;
          }
        });
      }
      greeting = 'ours';
      return true;
    } catch (error) {
      if (hasCode(error, '28P01')) {
        greeting = 'wrong password';
        return true;
      }
      // Not yet or no longer there, or full: it may answer the next time.
      if (
        hasCode(
          error,
          'ECONNREFUSED',
          'ECONNRESET',
          'CONNECT_TIMEOUT',
          'CONNECTION_CLOSED',
          '57P01',
          '57P03',
          '53300',
          '55006',
        )
      ) {
        return (await liveLock(cluster.place.data, cluster.log))?.pid !== running.pid;
      }
      throw error;
    } finally {
      await sql.end({ timeout: 0 }).catch(() => undefined);
    }
  }, SILENCE_MS);
  return greeting;
}

function connect(cluster: Cluster, port: number, database: string): postgres.Sql {
  return postgres({
    host: '127.0.0.1',
    port,
    database,
    username: ROLE,
    password: cluster.password,
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => undefined,
  });
}

function serve(cluster: Cluster, running: Running, adopted: boolean): EmbeddedServer {
  let stopped: Promise<void> | undefined;
  return {
    url: `postgres://${ROLE}:${encodeURIComponent(cluster.password)}@127.0.0.1:${running.port}/${DATABASE}`,
    port: running.port,
    adopted,
    stop() {
      stopped ??= stopServer(running, cluster.place.data);
      return stopped;
    },
  };
}
