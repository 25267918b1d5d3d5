import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { type Cluster, programEnvironment } from './cluster.ts';
import { explain, hasCode, readTail, sentenceFor, withTail } from './failure.ts';
import { isAlive, readLock, runsOn, until } from './lock.ts';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const READY_MS = 120_000;
const FAST_SHUTDOWN_MS = 10_000;
/** The postmaster itself kills backends that ignore an immediate shutdown for 5 s. */
const IMMEDIATE_SHUTDOWN_MS = 6_000;
const KILL_MS = 2_000;

/** A server process: `child` only when this process started it. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  readonly child?: ChildProcess;
}

/**
 * Megabytes of pages that the server keeps: a sixteenth of the memory, from 128 to 1024. They are taken as they are needed, so a small
 * database takes no more than itself.
 *
 * @param limit bytes that this process may have at most; 0, or more than the machine has, where there is none
 */
export function sharedBuffers(memory: number, limit: number): number {
  const least = limit > 0 ? Math.min(memory, limit) : memory;
  return Math.min(1024, Math.max(128, Math.floor(least / 16 / 2 ** 20)));
}

/** Why a server did not start although nothing is wrong: another starter was faster or stopped it, or the port went to another program. */
export type Contended = 'lock' | 'port';

/**
 * Starts a server in a session of its own, so that neither a Ctrl-C nor the end of this process reaches it, and waits until it is ready.
 * @param port the TCP port on 127.0.0.1; taken ports come back as `port`
 * @throws Error with a sentence and the end of the server's log
 */
export async function launch(
  cluster: Cluster,
  port: number,
  maxConnections: number,
): Promise<Running | Contended> {
  const { place, account, binaries, password } = cluster;
  const { descriptor, start } = openLog(place.logFile, place.directory);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_buffers: `${sharedBuffers(totalmem(), process.constrainedMemory())}MB`,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    ...(cluster.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let child: ChildProcess;
  try {
    child = spawn(binaries.postgres, ['-D', place.data, ...flags], {
      ...account,
      cwd: '/',
      env: programEnvironment(),
      stdio: ['ignore', descriptor, descriptor],
      detached: true,
    });
  } finally {
    closeSync(descriptor);
  }
  let failure: unknown;
  child.on('error', (error) => {
    failure = error;
  });
  child.unref();
  const ended = (): boolean => failure !== undefined || hasExited(child);
  const isReady = (): boolean => {
    const lock = readLock(place.data);
    return lock !== undefined && lock.pid === child.pid && lock.status === 'ready';
  };
  const settled = await until(() => ended() || isReady(), READY_MS);
  if (settled && !ended() && child.pid !== undefined) {
    return { pid: child.pid, port, child };
  }
  if (failure !== undefined) {
    throw explain(failure, binaries.postgres);
  }
  const output = readTail(place.logFile, start);
  if (!settled) {
    await stopServer({ pid: child.pid ?? 0, port, child }, place.data);
    throw withTail(
      `The Postgres server on ${place.data} was not ready after ${READY_MS / 1000} seconds.`,
      output,
      password,
    );
  }
  if (
    /lock file "postmaster\.pid"|pre-existing shared memory block|received \w+ shutdown request/.test(output)
  ) {
    return 'lock';
  }
  if (/could not bind .*Address already in use/.test(output)) {
    return 'port';
  }
  if (/could not bind .*Permission denied/.test(output)) {
    throw withTail(`This user may not open port ${port}. Choose a port above 1023.`, output, password);
  }
  throw withTail(
    sentenceFor(output, place.directory) ?? `The Postgres server on ${place.data} did not start.`,
    output,
    password,
  );
}

/**
 * Ends a server: fast shutdown, after 10 s an immediate one, after 6 s more a kill. Returns when the process is gone.
 * Before each signal the process is checked to be the server of this data directory still.
 * @throws Error when the process survives even that
 */
export async function stopServer(running: Running, data: string): Promise<void> {
  const { pid, child } = running;
  const isGone = (): boolean => (child === undefined ? !isAlive(pid) : hasExited(child));
  const steps = [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
    ['SIGKILL', KILL_MS],
  ] as const;
  for (const [signal, limit] of steps) {
    // runsOn also sees through zombies, which exist for ever where process 1 does not reap.
    if (isGone() || !(await runsOn(pid, data))) {
      return;
    }
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (hasCode(error, 'ESRCH')) {
        return;
      }
      throw explain(error, data);
    }
    if (await until(async () => isGone() || !(await runsOn(pid, data)), limit)) {
      return;
    }
  }
  throw new Error(
    `The Postgres server of ${data} (process ${pid}) does not end. End it with \`kill -9 ${pid}\`.`,
  );
}

/** A TCP port on 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Opens the log for appending, begun anew when it has grown past 10 MiB; `start` is where this server's lines begin. */
function openLog(file: string, directory: string): { descriptor: number; start: number } {
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_LIMIT_BYTES) {
      renameSync(file, `${file}.1`);
    }
    return { descriptor: openSync(file, 'a', 0o640), start: size > LOG_LIMIT_BYTES ? 0 : size };
  } catch (error) {
    throw explain(error, directory);
  }
}
