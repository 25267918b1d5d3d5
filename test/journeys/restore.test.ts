import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { component, failing, passing } from '../support/bodies.ts';
import { bodyOf, type Kite, kiteOf } from '../support/kite.ts';
import { findPostgresTools, type PostgresTools } from '../support/postgres-tools.ts';
import { startServer } from '../support/server.ts';

const migrations = new URL('../../db/migrations/', import.meta.url);
const namespace = 'team-a';

/** The same reports each time, with ids of their own. */
const history = [...Array(12).keys()].flatMap((number) => {
  const scope = component(`component-${number}`);
  const link = { title: 'log', url: `https://logs.example.com/${number}` };
  return [
    failing(namespace, number, { ...scope, links: [link] }),
    failing(namespace, 100 + number, { ...scope, description: 'The registry did not answer.' }),
    ...(number % 3 === 0 ? [passing(namespace, 200 + number, scope)] : []),
    ...(number % 6 === 0 ? [failing(namespace, 300 + number, scope)] : []),
  ];
});

/** A Kite on a migrated database. */
async function open(databaseUrl: string): Promise<{ readonly kite: Kite; close(): Promise<void> }> {
  const server = await startServer({ databaseUrl });
  return { kite: kiteOf(() => server), close: server.close };
}

/** What the migrations had still to do. */
async function bringUpToDate(url: string): Promise<readonly string[]> {
  return asAdmin(url, async (sql) => (await migrate(sql, migrations)).applied);
}

async function asAdmin<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Fills it as use does: issues open, closed and reopened, people's words, links and relations. */
async function use(kite: Kite): Promise<void> {
  await kite.reports(history);
  const { data } = await kite.list({ namespace });
  const [one, other, third] = data.map(({ id }) => id);
  bodyOf(await kite.post(`/issues/${one}/related`, { relatedId: other }), 201);
  bodyOf(await kite.post(`/issues/${other}/resolve`, {}), 200);
  bodyOf(await kite.ask('PUT', `/issues/${third}`, { body: { title: 'A person wrote this' } }), 200);
}

/** All that clients can read: every issue with its timeline, the counts, a search. */
async function read(kite: Kite) {
  const { data } = await kite.list({ namespace, limit: '100' });
  const events = await Promise.all(data.map(({ id }) => kite.events(id, { limit: '100' })));
  const summary = bodyOf(await kite.get('/issues/summary', { namespace }), 200);
  const found = bodyOf(await kite.get('/issues', { namespace, search: 'registry' }), 200);
  return { data, events, summary, found };
}

/** It goes on where it was: what is said again is known, and what is new finds its place. */
async function expectToGoOn(kite: Kite): Promise<void> {
  const before = await kite.stored();
  expect(new Set(await kite.statuses(...history))).toEqual(new Set(['duplicate']));
  expect(await kite.stored()).toBe(before);
  const [known] = (await kite.list({ namespace, limit: '1' })).data;
  const scope = component('component-1');
  expect(
    await kite.statuses(failing(namespace, 400, scope), failing(namespace, 401, component('new'))),
  ).toEqual([expect.stringMatching(/^(updated|recorded|reopened)$/), 'opened']);
  bodyOf(await kite.post(`/issues/${known?.id}/reopen`, {}), 200);
}

/** A server to rehearse on: that of the run where the tools are for it, else one of the tools' own version. */
async function serverFor(tools: PostgresTools): Promise<string | undefined> {
  const url = inject('databaseUrl');
  const version = await asAdmin(url, async (sql) => {
    const [row] = await sql<{ major: number }[]>`
      select current_setting('server_version_num')::int / 10000 as major`;
    return row?.major ?? 0;
  });
  if (tools.major >= version) {
    return url;
  }
  const server = await tools.serve?.();
  if (server !== undefined) {
    onTestFinished(server.stop);
  }
  return server?.url;
}

test('dump, drop, restore: the same issues, and Kite goes on where it was', async ({ skip }) => {
  const tools = await findPostgresTools();
  const maintenance = tools && (await serverFor(tools));
  if (tools === undefined || maintenance === undefined) {
    const reason = 'no pg_dump that fits a Postgres server here (Debian: apt-get install postgresql)';
    process.stderr.write(`SKIPPED, ${reason}: the restore of a dump\n`);
    return skip(reason);
  }
  const name = `restore_${process.pid}`;
  const address = new URL(maintenance);
  address.pathname = `/${name}`;
  const databaseUrl = address.href;
  const drop = () => asAdmin(maintenance, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
  const create = () => asAdmin(maintenance, (sql) => sql`create database ${sql(name)}`);
  const directory = await mkdtemp(join(tmpdir(), 'kite-restore-'));
  onTestFinished(async () => {
    await drop();
    await rm(directory, { recursive: true, force: true });
  });

  await create();
  expect((await bringUpToDate(databaseUrl)).length).toBeGreaterThan(0);
  const before = await open(databaseUrl);
  await use(before.kite);
  const [seen, stored] = [await read(before.kite), await before.kite.stored()];
  expect(seen.data.length).toBe(12);
  await before.close();

  const file = join(directory, 'kite.dump');
  await tools.run('pg_dump', '--format=custom', `--file=${file}`, `--dbname=${databaseUrl}`);
  await drop();
  await create();
  await tools.run('pg_restore', '--exit-on-error', '--no-owner', `--dbname=${databaseUrl}`, file);

  expect(await bringUpToDate(databaseUrl)).toEqual([]);
  const after = await open(databaseUrl);
  expect(await after.kite.stored()).toBe(stored);
  expect(await read(after.kite)).toEqual(seen);
  await expectToGoOn(after.kite);
  await after.close();
}, 120_000);

test('the copied folder of a Kite that was stopped holds the same issues', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kite-restore-'));
  await chmod(directory, 0o755);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);
  const first = await startEmbedded({ directory: at('kite'), durable: false });
  onTestFinished(first.stop);
  await bringUpToDate(first.url);
  const before = await open(first.url);
  await use(before.kite);
  const [seen, stored] = [await read(before.kite), await before.kite.stored()];
  await before.close();
  await first.stop();
  // With the owner of each file, who may be another user than root.
  await promisify(execFile)('cp', ['-a', at('kite'), at('copy')]);
  await rm(at('kite'), { recursive: true });

  const second = await startEmbedded({ directory: at('copy'), durable: false });
  onTestFinished(second.stop);
  expect(await bringUpToDate(second.url)).toEqual([]);
  const after = await open(second.url);
  expect(await after.kite.stored()).toBe(stored);
  expect(await read(after.kite)).toEqual(seen);
  await expectToGoOn(after.kite);
  await after.close();
  await second.stop();
}, 120_000);
