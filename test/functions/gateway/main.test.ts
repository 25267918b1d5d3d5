import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLock } from '../../../db/embedded/lock.ts';
import { startEmbedded } from '../../../db/embedded.ts';
import { createEmptyDatabase, createTestDatabase } from '../../support/database.ts';
import { type GatewayProgram, startProgram } from '../../support/gateway-program.ts';
import { call } from '../../support/http.ts';

const root = join(import.meta.dirname, '../../..');
const folders: string[] = [];

/** The program as it is shipped. */
function start(env: Readonly<Record<string, string>>, ...args: readonly string[]): GatewayProgram {
  return startProgram('dist/gateway/main.js', env, { cwd: root, args });
}

async function stop({ child, ended }: GatewayProgram): ReturnType<() => GatewayProgram['ended']> {
  child.kill('SIGTERM');
  return ended;
}

/** Open to others, since the server may run as another user. */
async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kite-main-'));
  folders.push(folder);
  await chmod(folder, 0o755);
  return folder;
}

const runsIn = (folder: string): boolean => readLock(join(folder, 'data')) !== undefined;

beforeAll(() =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'build.ts', 'gateway'], { cwd: root }),
);

afterAll(async () => {
  for (const folder of folders) {
    if (runsIn(folder)) {
      await (await startEmbedded({ directory: folder })).stop();
    }
    await rm(folder, { recursive: true, force: true });
  }
});

const failure = { pipelineName: 'checkout', namespace: 'team-a', failureReason: 'OOMKilled' };

test('it prints where it listens, answers, keeps what it was told through kill -9, and stops on SIGTERM', async () => {
  const folder = await dataFolder();
  const killed = start({ KITE_DATA: folder });
  const url = await killed.url;
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await call(url, 'GET', '/api/v1/health/')).toMatchObject({ status: 200, body: { status: 'UP' } });
  expect((await call(url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: failure })).status).toBe(201);
  killed.child.kill('SIGKILL');
  await killed.ended;

  const again = start({ KITE_DATA: folder, LOG_FORMAT: 'pretty' });
  const list = await call(await again.url, 'GET', '/api/v1/issues', { query: { namespace: 'team-a' } });
  expect(list).toMatchObject({
    status: 200,
    body: { total: 1, data: [{ title: 'Pipeline run failed: checkout', state: 'ACTIVE' }] },
  });

  const second = await start({ KITE_DATA: folder }).ended;
  expect(second).toMatchObject({ code: 1, error: expect.stringContaining(`another Kite runs on ${folder}`) });
  expect((await call(await again.url, 'GET', '/api/v1/health')).status).toBe(200);

  const { code, out, error } = await stop(again);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(out).toContain('access control is off');
  expect(out).toMatch(/INFO.*Adopted the Postgres server/);
  expect(runsIn(folder)).toBe(false);
});

test('when its Postgres is killed it starts it again, and has lost nothing', async () => {
  const folder = await dataFolder();
  const program = start({ KITE_DATA: folder });
  const url = await program.url;
  expect((await call(url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: failure })).status).toBe(201);
  const [pid] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await expect
    .poll(async () => (await call(url, 'GET', '/api/v1/health')).status, { interval: 20, timeout: 10_000 })
    .toBe(503);
  await expect
    .poll(async () => (await call(url, 'GET', '/api/v1/health')).status, { interval: 50, timeout: 40_000 })
    .toBe(200);
  const list = await call(url, 'GET', '/api/v1/issues', { query: { namespace: 'team-a' } });
  expect(list).toMatchObject({ status: 200, body: { total: 1 } });
  expect((await stop(program)).code).toBe(0);
  expect(runsIn(folder)).toBe(false);
}, 60_000);

test('on another database it starts no server of its own', async () => {
  const { url: databaseUrl, drop } = await createTestDatabase();
  const program = start({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'debug' });
  const { body } = await call(await program.url, 'POST', '/api/v1/webhooks/pipeline-failure', {
    body: failure,
  });
  expect(body).toMatchObject({ status: 'success', issue: { namespace: 'team-a' } });
  // As npm does with one Ctrl-C.
  program.child.kill('SIGINT');
  program.child.kill('SIGINT');
  const { code, out, error } = await program.ended;
  await drop();
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(out).toContain('"route":"/api/v1/webhooks/pipeline-failure"');
  expect(out + error).not.toContain(databaseUrl);
});

test('a second signal ends it at once, whatever is still at work', async () => {
  const { url: databaseUrl, drop } = await createTestDatabase();
  const program = start({ DATABASE_URL: databaseUrl, KITE_SHUTDOWN_TIMEOUT: '60m' });
  const { hostname, port } = new URL(await program.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    'POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
  );
  await once(socket, 'data');
  const insist = setInterval(() => program.child.kill('SIGTERM'), 50);
  const { code, out } = await program.ended;
  clearInterval(insist);
  socket.destroy();
  await drop();
  expect(code).toBe(1);
  expect(out.match(/"msg":"stopping"/g)).toHaveLength(1);
});

test('a wrong configuration is named completely, without a stack and without secrets', async () => {
  const { code, out, error } = await start({
    PORT: 'abc',
    HOST: '0.0.0.0',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'http://u:hunter2@db',
  }).ended;
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(error.trimEnd().split('\n')).toEqual([
    'Kite cannot start with this configuration:',
    'PORT: "abc" is not a port between 0 and 65535',
    expect.stringMatching(/^HOST: "0\.0\.0\.0" is not a loopback address/),
    expect.stringMatching(/^DATABASE_URL: its value \(not shown\)/),
    expect.stringMatching(/^LOG_LEVEL: "loud"/),
  ]);
});

test('a port that is taken is told in one sentence, and nothing is left running', async () => {
  const folder = await dataFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { code, error } = await start({ KITE_DATA: folder, PORT: port }).ended;
  other.close();
  expect(code).toBe(1);
  expect(error).toBe(
    `Kite could not start: port ${port} on 127.0.0.1 is taken: stop the other program or set PORT=0 for any free one\n`,
  );
  expect(runsIn(folder)).toBe(false);
});

test('a database that cannot be reached is told in one sentence, without its password', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const address = closed.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  closed.close();
  await once(closed, 'close');
  const { code, error } = await start({ DATABASE_URL: `postgres://kite:hunter2@${host}/kite` }).ended;
  expect(code).toBe(1);
  expect(error).toBe(
    `Kite could not start: the database of DATABASE_URL (${host}/kite) does not answer: connect ECONNREFUSED ${host}\n`,
  );
});

test('a signal while it starts ends it, and nothing is left running', async () => {
  const folder = await dataFolder();
  const program = start({ KITE_DATA: folder });
  const { stdout } = program.child;
  if (stdout !== null) {
    await once(stdout, 'data');
  }
  const { code, out, error } = await stop(program);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(out).not.toContain('Kite is listening');
  expect(runsIn(folder)).toBe(false);
});

test('with access control it listens beyond this machine, and lets in nobody without a token', async () => {
  const database = await createTestDatabase();
  const program = start({ DATABASE_URL: database.url, HOST: '0.0.0.0', KITE_ACCESS: '{}' });
  const url = (await program.url).replace('0.0.0.0', '127.0.0.1');
  const ask = (path: string) => call(url, 'GET', `/api/v1${path}`, { query: { namespace: 'team-a' } });
  expect((await ask('/health')).status).toBe(200);
  expect(await ask('/issues')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  const { code, out } = await stop(program);
  expect(code).toBe(0);
  expect(out).toContain('Access control is on');
  expect(out).toContain('access was denied');
  await database.drop();
});

test('a wrong KITE_ACCESS stops the start, and all of it is named', async () => {
  const { code, error } = await start({ KITE_ACCESS: '{"keys":1,"clusters":[{}]}', HOST: '0.0.0.0' }).ended;
  expect(code).toBe(1);
  expect(error).toContain('KITE_ACCESS: keys is not a boolean');
  expect(error).toContain('KITE_ACCESS: clusters.0.url is missing');
});

test('migrate brings a database up to date and ends, also when several do so at once', async () => {
  const database = await createEmptyDatabase();
  const runs = ['', '', ''].map(() => start({ DATABASE_URL: database.url }, 'migrate').ended);
  const ended = await Promise.all(runs);
  expect(ended.map(({ code, error }) => ({ code, error }))).toEqual(
    ended.map(() => ({ code: 0, error: '' })),
  );
  const landed = ended.flatMap(({ out }) =>
    out.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line).applied ?? []))),
  );
  const rows = await database.sql<{ name: string }[]>`select name from schema_migrations order by name`;
  expect(landed.sort()).toEqual(rows.map(({ name }) => name));
  expect((await start({ DATABASE_URL: database.url }, 'migrate').ended).out).toContain(
    '"msg":"the database is up to date"',
  );
  await database.drop();
});

test('migrate names what is wrong: no database, a foreign migration, a command that there is not', async () => {
  const none = await start({}, 'migrate').ended;
  expect(none).toMatchObject({
    code: 1,
    error:
      'Kite could not start: DATABASE_URL is not set: the embedded database is brought up to date when Kite starts\n',
  });
  const database = await createTestDatabase();
  await database.sql`insert into schema_migrations (name, checksum) values ('9999_from-tomorrow.sql', '')`;
  const newer = await start({ DATABASE_URL: database.url }, 'migrate').ended;
  expect(newer).toMatchObject({ code: 1, error: expect.stringContaining('9999_from-tomorrow.sql') });
  const back = await start({ DATABASE_URL: database.url, KITE_NEWER_DATABASE: 'accept' }, 'migrate').ended;
  expect(back).toMatchObject({ code: 0, error: '' });
  expect(back.out).toContain('"newer":["9999_from-tomorrow.sql"]');
  expect((await start({ DATABASE_URL: database.url }, 'migrat').ended).code).toBe(2);
  await database.drop();
});
