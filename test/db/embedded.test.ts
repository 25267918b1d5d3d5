import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readLock, runsOn, until } from '../../db/embedded/lock.ts';
import { sharedBuffers } from '../../db/embedded/server.ts';
import { type EmbeddedServer, startEmbedded } from '../../db/embedded.ts';

const OWNER = fileURLToPath(new URL('../support/embedded-main.ts', import.meta.url));

let root = '';
let home = '';
let log: string[] = [];
const servers: EmbeddedServer[] = [];
const children: ChildProcess[] = [];
const directories = new Set<string>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kite-embedded-'));
  await chmod(root, 0o755);
  home = join(root, 'home');
});

afterEach(async () => {
  log = [];
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  // What a failed test left running: only servers on this file's own directories.
  for (const directory of directories) {
    const lock = existsSync(directory) ? readLock(join(directory, 'data')) : undefined;
    if (lock !== undefined && lock.pid > 0 && (await runsOn(lock.pid, join(directory, 'data')))) {
      process.kill(lock.pid, 'SIGQUIT');
    }
  }
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function start(directory: string, { port = 0, durable = false } = {}): Promise<EmbeddedServer> {
  directories.add(directory);
  const server = await startEmbedded({ directory, port, durable, log: (line) => log.push(line) });
  servers.push(server);
  return server;
}

async function query<T>(server: EmbeddedServer, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function own(
  directory: string,
): Promise<{ child: ChildProcess; said: Promise<{ port: number; adopted: boolean }> }> {
  directories.add(directory);
  const child = spawn(process.execPath, ['--import', 'tsx', OWNER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = (async () => {
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('\n')) {
        return JSON.parse(text) as { port: number; adopted: boolean };
      }
    }
    throw new Error('The owner ended before its server answered.');
  })();
  said.catch(() => undefined);
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function serverPid(directory: string): number {
  return readLock(join(directory, 'data'))?.pid ?? 0;
}

test.each([
  { memory: 1, limit: 0, pages: 128 },
  { memory: 8, limit: 0, pages: 512 },
  { memory: 64, limit: 0, pages: 1024 },
  { memory: 64, limit: 4, pages: 256 },
  { memory: 8, limit: 2 ** 34, pages: 512 },
])('of $memory GB, limited to $limit, it takes $pages MB at most for pages', ({ memory, limit, pages }) => {
  expect(sharedBuffers(memory * 2 ** 30, limit * 2 ** 30)).toBe(pages);
});

describe('a start', () => {
  test('makes a UTF-8 database `kite` that only this machine reaches, with a password only this user reads', async () => {
    const server = await start(home);
    expect(server.adopted).toBe(false);
    const [settings] = await query(
      server,
      (sql) => sql`
        select current_database() as database, pg_encoding_to_char(encoding) as encoding, datcollate as locale,
          current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
          current_setting('timezone') as zone, current_setting('jit') as jit
        from pg_database where datname = current_database()`,
    );
    expect(settings).toEqual({
      database: 'kite',
      encoding: 'UTF8',
      locale: 'C.UTF-8',
      addresses: '127.0.0.1',
      sockets: '',
      zone: 'UTC',
      jit: 'off',
    });
    expect(statSync(join(home, 'password')).mode & 0o777).toBe(0o600);
    expect(readdirSync(home).sort()).toEqual(['data', 'password', 'server.log']);
    const password = (await readFile(join(home, 'password'), 'utf8')).trim();
    expect(password.length).toBeGreaterThan(20);
    expect(`${log.join('\n')}${await readFile(join(home, 'server.log'), 'utf8')}`).not.toContain(password);
  });

  test('after a stop finds the data again', async () => {
    const first = await start(home);
    await query(first, (sql) => sql`create table kept as select 42 as answer`);
    await first.stop();
    const second = await start(home);
    expect(second.adopted).toBe(false);
    expect(await query(second, (sql) => sql`select answer from kept`)).toEqual([{ answer: 42 }]);
  });

  test('on a port that is taken says which and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start(home, { port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is already in use by another program. Stop that program, or choose another port`,
    );
    other.close();
    await once(other, 'close');
    expect((await start(home, { port })).port).toBe(port);
  });

  test.runIf(process.getuid?.() === 0)(
    'as root names the directory that the user `postgres` cannot enter',
    async () => {
      const closed = join(root, 'closed');
      await mkdir(closed, { mode: 0o700 });
      await expect(start(join(closed, 'database'))).rejects.toThrow(
        `may not enter ${closed}. Run \`chmod o+x ${closed}\``,
      );
    },
  );
});

describe('a start after an accident', () => {
  test('adopts the server of a killed owner, and stops it', async () => {
    const { child, said } = await own(home);
    const { port } = await said;
    await killed(child);
    const pid = serverPid(home);
    const server = await start(home);
    expect(server).toMatchObject({ adopted: true, port });
    expect(serverPid(home)).toBe(pid);
    expect(await query(server, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
    await server.stop();
    expect(await runsOn(pid, join(home, 'data'))).toBe(false);
    expect(readLock(join(home, 'data'))).toBeUndefined();
  });

  test('recovers from a killed server, with what was committed', async () => {
    const first = await start(home, { durable: true });
    await query(first, (sql) => sql`create table committed as select 7 as n`);
    process.kill(serverPid(home), 'SIGKILL');
    const second = await start(home);
    expect(second.adopted).toBe(false);
    expect(await query(second, (sql) => sql`select n from committed`)).toEqual([{ n: 7 }]);
  });

  test('removes a lock whose process id went to another program, and spares that program', async () => {
    const first = await start(home);
    const lock = readLock(join(home, 'data'));
    await first.stop();
    const { uid, gid } = statSync(join(home, 'data'));
    const other = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    children.push(other);
    await once(other, 'spawn');
    await writeFile(
      join(home, 'data', 'postmaster.pid'),
      (lock?.text ?? '').replace(/^\d+/, String(other.pid)),
    );
    const second = await start(home);
    expect(second.adopted).toBe(false);
    expect(log.join('\n')).toContain(`Removed a stale lock of process ${other.pid}`);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  test('gives the database a new password when the file is lost', async () => {
    await rm(join(home, 'password'));
    const server = await start(home);
    expect(await query(server, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('starts over when the first start was killed half way', async () => {
    const directory = join(root, 'interrupted');
    const { child } = await own(directory);
    const begun = (): boolean =>
      existsSync(directory) &&
      readdirSync(directory).some((entry) => existsSync(join(directory, entry, 'data', 'PG_VERSION')));
    expect(await until(begun, 20_000)).toBe(true);
    await killed(child);
    expect(existsSync(join(directory, 'data'))).toBe(false);
    const server = await start(directory);
    expect(server.adopted).toBe(false);
    expect(await query(server, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('sets an unfinished data directory aside, and deletes nothing of it', async () => {
    const directory = join(root, 'unfinished');
    await mkdir(join(directory, 'data', 'base'), { recursive: true });
    await writeFile(join(directory, 'data', 'PG_VERSION'), '18\n');
    await start(directory);
    const aside = readdirSync(directory).filter((entry) => entry.startsWith('data.unfinished-'));
    expect(aside).toHaveLength(1);
    expect(readdirSync(join(directory, aside[0] ?? '')).sort()).toEqual(['PG_VERSION', 'base']);
  });

  test('refuses a completed cluster that lost a file, rather than replace it', async () => {
    const version = join(home, 'data', 'PG_VERSION');
    await rename(version, `${version}.kept`);
    try {
      await expect(start(home)).rejects.toThrow(/is damaged: its file PG_VERSION is missing/);
      expect(existsSync(join(home, 'data', 'global', 'pg_control'))).toBe(true);
    } finally {
      await rename(`${version}.kept`, version);
    }
  });
});

test('of two processes that start at once one starts the server and the other adopts it', async () => {
  const directory = join(root, 'raced');
  const owners = await Promise.all([own(directory), own(directory)]);
  const answers = await Promise.all(owners.map(({ said }) => said));
  expect(answers.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
  expect(new Set(answers.map(({ port }) => port)).size).toBe(1);
  const server = await start(directory);
  expect(server.adopted).toBe(true);
  expect(await query(server, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
});
