import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let directory = '';

beforeEach(async () => {
  database = await createEmptyDatabase();
  directory = await mkdtemp(join(tmpdir(), 'kite-migrate-'));
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(directory, name), text);
}

async function tables(): Promise<string[]> {
  const rows = await database.sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations' order by 1`;
  return rows.map(({ name }) => name);
}

test('an empty directory is fine', async () => {
  expect(await migrate(database.sql, directory)).toEqual({ applied: [], already: 0 });
});

test('files land in order, once, whole: many statements and function bodies too', async () => {
  await put('0002_fill.sql', 'insert into a select generate_series(1, 3);');
  await put(
    '0001_create-a.sql',
    `create table a (n int);
     create function double(n int) returns int language plpgsql as $$
begin
  return n * 2; -- a semicolon; and 'a quote'
end $$;`,
  );
  expect(await migrate(database.sql, pathToFileURL(`${directory}/`))).toEqual({
    applied: ['0001_create-a.sql', '0002_fill.sql'],
    already: 0,
  });
  await put('0003_more.sql', 'insert into a select double(n) from a;');
  expect(await migrate(database.sql, directory)).toEqual({ applied: ['0003_more.sql'], already: 2 });
  expect(await migrate(database.sql, directory)).toEqual({ applied: [], already: 3 });
  expect(await database.sql`select sum(n)::int as sum from a`).toEqual([{ sum: 18 }]);
  expect(await database.sql`select name from schema_migrations order by applied_at`).toHaveLength(3);
});

test('two starters at once land each file once', async () => {
  await put('0001_create.sql', 'create table a (n int); select pg_sleep(0.05);');
  await put('0002_fill.sql', 'insert into a values (1); select pg_sleep(0.05);');
  const others = [
    postgres(database.url, { max: 1 }),
    postgres(database.url, { max: 1 }),
    postgres(database.url, { max: 1 }),
  ];
  const results = await Promise.all(others.map((sql) => migrate(sql, directory)));
  await Promise.all(others.map((sql) => sql.end()));
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['0001_create.sql', '0002_fill.sql']);
  expect(results.map(({ applied, already }) => applied.length + already)).toEqual([2, 2, 2]);
  expect(await database.sql`select n from a`).toEqual([{ n: 1 }]);
});

test('a failing file leaves nothing, keeps those before it, and says where it failed', async () => {
  await put('0001_good.sql', 'create table good ();');
  await put(
    '0002_bad.sql',
    "create table half ();\n-- ü is one character, 💥 too\nselect 'x'::text from nowhere;",
  );
  await expect(migrate(database.sql, directory)).rejects.toThrow(
    'Migration 0002_bad.sql failed at line 3 and left nothing behind: relation "nowhere" does not exist',
  );
  expect(await tables()).toEqual(['good']);
  await put('0002_bad.sql', 'create table mended ();');
  expect(await migrate(database.sql, directory)).toEqual({ applied: ['0002_bad.sql'], already: 1 });
});

describe('refused, with nothing changed', () => {
  beforeEach(async () => {
    await put('0001_first.sql', 'create table first ();');
    await migrate(database.sql, directory);
  });

  afterEach(async () => {
    expect(await tables()).toEqual(['first']);
  });

  test('a landed file that changed', async () => {
    await put('0001_first.sql', 'create table first ();\n');
    await put('0002_second.sql', 'create table second ();');
    await expect(migrate(database.sql, directory)).rejects.toThrow(
      'Migration 0001_first.sql was changed after it landed',
    );
  });

  test('a newer database where it is accepted, unless files of the program itself have not landed there', async () => {
    await database.sql`insert into schema_migrations (name, checksum) values ('0009_later.sql', 'x')`;
    const told: (readonly string[])[] = [];
    const accept = (unknown: readonly string[]) => told.push(unknown);
    expect(await migrate(database.sql, directory, accept)).toEqual({ applied: [], already: 1 });
    expect(told).toEqual([['0009_later.sql']]);
    await put('0002_second.sql', 'create table second ();');
    await expect(migrate(database.sql, directory, accept)).rejects.toThrow('newer than this program');
  });

  test('a database that is newer than the program', async () => {
    await database.sql`insert into schema_migrations (name, checksum) values ('0002_later.sql', 'x')`;
    await expect(migrate(database.sql, directory)).rejects.toThrow(
      'newer than this program, which does not know migration 0002_later.sql',
    );
  });

  test('a landed file that was renamed', async () => {
    await rm(join(directory, '0001_first.sql'));
    await put('0001_renamed.sql', 'create table first ();');
    await expect(migrate(database.sql, directory)).rejects.toThrow(
      'Migration 0001_renamed.sql landed in this database as 0001_first.sql',
    );
  });

  test.each([
    ['a number that repeats', '0001_other.sql', 'Migration 0001_other.sql repeats a number'],
    ['a gap', '0003_third.sql', 'Migration 0002 is missing: the next file is 0003_third.sql'],
    ['a name out of form', '2_Second.sql', 'Migration 2_Second.sql is misnamed'],
  ])('%s', async (_, name, message) => {
    await put(name, 'create table never ();');
    await expect(migrate(database.sql, directory)).rejects.toThrow(message);
  });

  test('a file that ends its own transaction', async () => {
    await put('0002_second.sql', 'create table never ();\ncommit;\ncreate table never_either ();');
    await expect(migrate(database.sql, directory)).rejects.toThrow(
      'Migration 0002_second.sql says "commit;"',
    );
  });
});

test('line endings are no change', async () => {
  await put('0001_first.sql', 'create table a ();\ncreate table b ();\n');
  await migrate(database.sql, directory);
  await put('0001_first.sql', 'create table a ();\r\ncreate table b ();\r\n');
  expect(await migrate(database.sql, directory)).toEqual({ applied: [], already: 1 });
});
