import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import type { Database } from './client.ts';

const dialect = new PgDialect();

/**
 * Runs a statement that is composed, such as a list with filters. Apart from `client.ts`, so that a function whose statements
 * are written out does not carry Drizzle.
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
