import { KiteError } from '../../core/errors.ts';
import type { Database } from '../client.ts';
import { asKiteError } from '../failure.ts';

export interface DatabaseHealth {
  /** Of this database, by anybody. */
  readonly open: number;
  readonly idle: number;
  readonly most: number;
}

/**
 * @param patience how long the database may take to say that it is there, in milliseconds
 * @throws KiteError `unavailable` when it does not
 */
export async function checkDatabase(database: Database, patience: number): Promise<DatabaseHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KiteError('unavailable')), patience);
  });
  try {
    return await Promise.race([ask(database), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(database: Database): Promise<DatabaseHealth> {
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
