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
