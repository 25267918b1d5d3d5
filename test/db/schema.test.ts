import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { events } from '../../db/schema/events.ts';
import { issues } from '../../db/schema/issues.ts';
import { links } from '../../db/schema/links.ts';
import { relations } from '../../db/schema/relations.ts';
import { texts } from '../../db/schema/texts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

/** The catalog's names of the types, as Drizzle writes them. */
function plain(type: string): string {
  return type.replace('timestamp(3) with time zone', 'timestamp (3) with time zone');
}

describe('what the program believes of a table is what the migrations made', () => {
  test.each([
    ['issues', issues],
    ['links', links],
    ['relations', relations],
    ['events', events],
    ['issue_texts', texts],
  ] satisfies [string, PgTable][])('%s has the same columns, types and requirements', async (name, table) => {
    const present = await database.sql<Column[]>`
      select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required
      from pg_attribute a
      where a.attrelid = ${name}::regclass and a.attnum > 0 and not a.attisdropped
      order by a.attnum`;
    const believed = getTableConfig(table).columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      required: column.notNull,
    }));
    expect(believed).toEqual(present.map((column) => ({ ...column, type: plain(column.type) })));
  });
});
