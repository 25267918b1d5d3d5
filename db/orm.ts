import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import type { Database } from './client.ts';

const made = new WeakMap<postgres.Sql, PostgresJsDatabase>();

/**
 * Drizzle over the connections of a database, for the statements that are composed, such as lists with filters.
 * Apart from `client.ts`, so that a function whose statements are written out does not carry it.
 */
export function orm({ sql }: Pick<Database, 'sql'>): PostgresJsDatabase {
  const known = made.get(sql);
  if (known !== undefined) {
    return known;
  }
  // Drizzle takes over how its client carries times and JSON. It reads either way; statements written
  // directly rely on the driver's own.
  const { parsers, serializers } = sql.options;
  const own = { parsers: { ...parsers }, serializers: { ...serializers } };
  const composed = drizzle(sql);
  Object.assign(parsers, own.parsers);
  Object.assign(serializers, own.serializers);
  made.set(sql, composed);
  return composed;
}

const dialect = new PgDialect();

/**
 * Runs a composed statement.
 *
 * @param isKept whether each connection keeps the statement, and Postgres a plan of it once five were no better: a third of the
 *   time of a short list. For statements of which there are few texts, and whose plan does not hang on their values
 */
export async function execute<Row extends object>(
  { sql }: Pick<Database, 'sql'>,
  statement: SQL,
  isKept = false,
): Promise<readonly Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return await sql.unsafe<Row[]>(text, params as postgres.ParameterOrJSON<never>[], { prepare: isKept });
}
