/** Work by the clock on AWS, as Lambda calls it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildFunctions } from '../../../build.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { quarterOf } from '../../../db/history/quarters.ts';
import { component, failing, freshNamespace } from '../../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { kiteOf } from '../../support/kite.ts';
import { startServer, type TestServer } from '../../support/server.ts';

type Periodic = () => Promise<Record<string, unknown>>;

const day = 86_400_000;
const before = process.env.DATABASE_URL;
let folder: string;
let database: TestDatabase;
let server: TestServer;

async function bundled(name: string): Promise<Periodic> {
  const { handler } = (await import(join(folder, `scheduled/${name}/index.mjs`))) as { handler: Periodic };
  return handler;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kite-scheduled-'));
  await buildFunctions(folder);
  database = await createTestDatabase();
  process.env.DATABASE_URL = database.url;
  server = await startServer({ databaseUrl: database.url });
});
afterAll(async () => {
  if (before === undefined) {
    delete process.env.DATABASE_URL;
  } else {
    process.env.DATABASE_URL = before;
  }
  await server.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function partitions(): Promise<readonly string[]> {
  const rows = await database.sql<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass`;
  return rows.map(({ name }) => name);
}

test('retention drops what is over and makes room for what is to come', async () => {
  const retention = await bundled('retention');
  const old = Date.now() - 600 * day;
  await ensureHistory(database.sql, old, 7);
  const { partition } = quarterOf(old);
  expect(await partitions()).toContain(partition);
  const coming = quarterOf(Date.now() + 45 * day).partition;
  await database.sql.unsafe(`drop table ${coming}`);
  const { dropped } = await retention();
  expect(dropped).toContain(partition);
  expect(await partitions()).not.toContain(partition);
  expect(await partitions()).toContain(coming);
  expect(await retention()).toEqual({ dropped: [] });
});

test('words takes all that waits, more than one go of them', async () => {
  const words = await bundled('words');
  const kite = kiteOf(() => server);
  const namespace = freshNamespace();
  const reports = Array.from({ length: 700 }, (_, n) => failing(namespace, n, component(`part-${n}`)));
  await kite.reports(reports.slice(0, 350));
  await kite.reports(reports.slice(350));
  const [waiting] = await database.sql<{ n: number }[]>`select count(*)::integer as n from texts_waiting`;
  expect(waiting?.n).toBeGreaterThan(500);
  expect(await words()).toEqual({ taken: waiting?.n });
  expect(await words()).toEqual({ taken: 0 });
  expect((await kite.list({ namespace, search: 'part-699' })).total).toBe(1);
});

test('a failure is thrown, in a sentence and without its statement, and the next call works', async () => {
  const words = await bundled('words');
  await database.sql`alter function index_texts(integer) rename to index_texts_of_old`;
  const failure: unknown = await words().catch((error: unknown) => error);
  await database.sql`alter function index_texts_of_old(integer) rename to index_texts`;
  expect(failure).toMatchObject({
    message: expect.stringMatching(/^words was not done: function index_texts\(.*\) does not exist$/),
  });
  expect(failure).not.toHaveProperty('cause');
  expect(await words()).toEqual({ taken: 0 });
});
