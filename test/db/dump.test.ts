import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpSchema } from '../../db/dump.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';

const PARTS = {
  extension: 'create extension pg_trgm',
  type: "create type mood as enum ('sad', 'ok')",
  domain: "create domain word as text default 'x' not null constraint word_short check (length(value) < 9)",
  function: "create function twice(n int) returns int language sql immutable as 'select n * 2'",
  touch: 'create function touch() returns trigger language plpgsql as $$ begin return new; end $$',
};

const TABLES = {
  people: `create table people (
    id bigint generated always as identity primary key,
    name text not null default 'nobody',
    doubled int generated always as (twice(4)) stored,
    mood mood,
    constraint name_given check (name <> '')
  )`,
  visits:
    'create table visits (person bigint not null references people on delete cascade, at date not null) partition by range (at)',
};

const AFTER = {
  index: 'create index people_by_name on people using gin (name gin_trgm_ops) where mood is not null',
  view: 'create view happy as select name from people where mood = $$ok$$',
  trigger: 'create trigger people_touch before update on people for each row execute function touch()',
  comment: "comment on column people.name is 'What they''re called.'",
};

describe('two databases with the same schema', () => {
  let one: TestDatabase;
  let other: TestDatabase;

  beforeAll(async () => {
    [one, other] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
    for (const statement of [...Object.values(PARTS), ...Object.values(TABLES), ...Object.values(AFTER)]) {
      await one.sql.unsafe(statement);
    }
    for (const statement of [
      ...Object.values(PARTS).reverse(),
      ...Object.values(TABLES),
      ...Object.values(AFTER).reverse(),
    ]) {
      await other.sql.unsafe(statement);
    }
  });

  afterAll(() => Promise.all([one.drop(), other.drop()]));

  test('give the same text: whatever the order of creation, the partitions, the search_path and dropped columns', async () => {
    await other.sql`create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01')`;
    await other.sql`create index on visits_2026 (at)`;
    await other.sql`comment on table visits_2026 is 'Left out.'`;
    await other.sql`create table schema_migrations (name text)`;
    await other.sql`alter table people add column gone int`;
    await other.sql`alter table people drop column gone`;
    const elsewhere = postgres(other.url, { max: 1, connection: { search_path: 'pg_catalog' } });
    const texts = await Promise.all([dumpSchema(one.sql), dumpSchema(elsewhere)]);
    await elsewhere.end();
    expect(texts[1]).toBe(texts[0]);
  });

  test('show each kind of object, and nothing that an extension owns', async () => {
    const text = await dumpSchema(one.sql);
    for (const line of [
      'create extension pg_trgm;',
      "create type mood as enum ('sad', 'ok');",
      "create domain word as text default 'x'::text not null constraint word_short CHECK (length(VALUE) < 9);",
      '  id bigint generated always as identity not null,',
      "  name text default 'nobody'::text not null,",
      '  doubled integer generated always as (twice(4)) stored,',
      '  constraint people_pkey PRIMARY KEY (id),',
      "  constraint name_given CHECK (name <> ''::text)",
      '  constraint visits_person_fkey FOREIGN KEY (person) REFERENCES people(id) ON DELETE CASCADE',
      ') partition by RANGE (at);',
      'CREATE INDEX people_by_name ON people USING gin (name gin_trgm_ops) WHERE mood IS NOT NULL;',
      'CREATE TRIGGER people_touch BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();',
      "comment on column people.name is 'What they''re called.';",
      'create view happy as',
      'CREATE OR REPLACE FUNCTION public.twice(n integer)',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('similarity');
  });
});

test('a column added to what the migrations make shows as one line', async () => {
  const database = await createTestDatabase();
  try {
    await database.sql`create table added_to (n int)`;
    const before = await dumpSchema(database.sql);
    expect(await dumpSchema(database.sql)).toBe(before);
    await database.sql`alter table added_to add column noticed timestamptz not null default now()`;
    const after = (await dumpSchema(database.sql)).split('\n');
    expect(after.filter((line) => !before.split('\n').includes(line))).toEqual([
      '  n integer,',
      '  noticed timestamp with time zone default now() not null',
    ]);
  } finally {
    await database.drop();
  }
});
