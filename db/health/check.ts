import type { Database } from '../client.ts';
import { asKiteError } from '../failure.ts';

export interface DatabaseHealth {
  /** Of this database, by anybody. */
  readonly open: number;
  readonly idle: number;
  readonly most: number;
}

/** @throws KiteError `unavailable` when the database does not answer */
export async function checkDatabase(database: Database): Promise<DatabaseHealth> {
  try {
    const [row] = await database.sql<{ open: number; idle: number; most: number }[]>`
      select count(*)::int as open, count(*) filter (where state = 'idle')::int as idle,
        current_setting('max_connections')::int as most
      from pg_stat_activity where datname = current_database()`;
    return row ?? { open: 0, idle: 0, most: 0 };
  } catch (error) {
    throw asKiteError(error);
  }
}
