import type postgres from 'postgres';
import { dropHistory } from './drop.ts';
import { ensureHistory } from './ensure.ts';

/**
 * Makes room for the history that is to come, and drops what is over. Called every hour or so, by the owner of the tables.
 *
 * @param now milliseconds since 1970
 * @param days how long history is kept
 * @returns the partitions that were dropped
 */
export async function keepHistory(sql: postgres.Sql, now: number, days: number): Promise<readonly string[]> {
  await ensureHistory(sql, now, days);
  return dropHistory(sql, now, days);
}
