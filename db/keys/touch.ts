import type postgres from 'postgres';
import { retrying } from '../failure.ts';

/**
 * Says that a key was used, once a minute at the most: its row is not written by every request.
 *
 * @param now milliseconds since 1970
 */
export async function touchKey(sql: postgres.Sql, id: string, now: number): Promise<void> {
  const at = new Date(now).toISOString();
  await retrying(
    () => sql`
      update api_keys set last_used_at = ${at}
      where id = ${id} and coalesce(last_used_at < ${at}::timestamptz - interval '1 minute', true)`,
  );
}
