import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { serverAccount } from '../../db/embedded/account.ts';
import { freePort } from '../cluster/port.ts';
import { until } from '../cluster/until.ts';

const run = promisify(execFile);
/** Where Debian and its like put each version's own programs. */
const debian = '/usr/lib/postgresql';
/** Which Kite takes. */
const oldest = 15;

/** The programs of one version of Postgres, as its packages install them. */
export interface PostgresTools {
  readonly major: number;
  /** Runs `pg_dump`, `pg_restore` and the like. */
  run(program: string, ...args: readonly string[]): Promise<void>;
  /** A server of the same version, without a password, on a port of its own; null where only clients are installed. */
  readonly serve: (() => Promise<PostgresServer>) | null;
}

interface PostgresServer {
  /** Of a maintenance database, as a superuser. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The newest ones that are installed; undefined where there are none that are new enough. */
export async function findPostgresTools(): Promise<PostgresTools | undefined> {
  const versions = await readdir(debian).catch(() => []);
  const folders = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found: PostgresTools[] = [];
  for (const folder of folders) {
    const major = await majorOf(folder);
    if (major === undefined || major < oldest) {
      continue;
    }
    const hasServer = (await canRun(join(folder, 'initdb'))) && (await canRun(join(folder, 'postgres')));
    found.push({
      major,
      run: async (program, ...args) => void (await run(join(folder, program), args)),
      serve: hasServer ? () => serve(folder) : null,
    });
  }
  return found.sort((a, b) => b.major - a.major || Number(a.serve === null) - Number(b.serve === null))[0];
}

/** Of the `pg_dump` there, which must have its `pg_restore`. */
async function majorOf(folder: string): Promise<number | undefined> {
  if (!(await canRun(join(folder, 'pg_restore')))) {
    return undefined;
  }
  return run(join(folder, 'pg_dump'), ['--version']).then(
    ({ stdout }) => Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]),
    () => undefined,
  );
}

function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function serve(folder: string): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), `kite-tools-${process.pid}-`));
  const data = join(directory, 'data');
  const account = await serverAccount(data);
  if (account.uid !== undefined && account.gid !== undefined) {
    await chown(directory, account.uid, account.gid);
  }
  await chmod(directory, 0o755);
  const how = { ...account, cwd: directory };
  const locale = ['--encoding=UTF8', '--locale=C', '--username=postgres', '--auth=trust'];
  await run(join(folder, 'initdb'), ['--pgdata', data, ...locale], how);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'fsync=off'];
  const child = spawn(
    join(folder, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...how, stdio: 'ignore' },
  );
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await until('the server answers', () => answers(url));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2 });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGQUIT');
    await gone;
  }
}
