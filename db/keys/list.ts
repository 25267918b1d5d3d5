import type postgres from 'postgres';
import type { KeyPage } from '../../core/contract/keys.ts';
import { decodeMoment, encodeMoment } from '../../core/contract/moment-cursor.ts';
import { cursorProblem, retrying } from '../failure.ts';
import { type KeyRow, keyColumns, toKey } from './row.ts';

export interface KeyListing {
  /** The clusters beyond which a key must not reach to be shown; null: any. */
  readonly clusters: readonly string[] | null;
  readonly limit: number;
  readonly cursor: string | null;
}

/**
 * A page of the keys, newest first, those that are revoked or have expired too.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listKeys(sql: postgres.Sql, { clusters, limit, cursor }: KeyListing): Promise<KeyPage> {
  const after = cursor === null ? null : decodeMoment(cursor);
  if (cursor !== null && after === null) {
    throw cursorProblem();
  }
  return retrying(async () => {
    const rows = await sql<KeyRow[]>`
      select ${sql(keyColumns)} from api_keys
      where ${clusters === null ? sql`true` : sql`clusters <@ ${JSON.stringify(clusters)}::text::jsonb`}
        and ${after === null ? sql`true` : sql`(created_at, id) < (${new Date(after.at).toISOString()}::timestamptz, ${after.id})`}
      order by created_at desc, id desc limit ${limit + 1}`;
    const data = rows.slice(0, limit).map(toKey);
    const last = data.at(-1);
    return {
      data,
      nextCursor:
        rows.length > limit && last !== undefined
          ? encodeMoment({ at: Date.parse(last.createdAt), id: last.id })
          : null,
    };
  });
}
