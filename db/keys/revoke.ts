import type postgres from 'postgres';
import { KiteError } from '../../core/errors.ts';
import { type Acting, recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { type KeyRow, onlyCluster } from './row.ts';

export interface Revocation extends Acting {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The clusters beyond which a key must not reach to be seen at all; null: any. */
  readonly clusters: readonly string[] | null;
}

/**
 * Takes a key back for good. Its row stays, to tell who made it; one that is revoked already stays as it is.
 *
 * @throws KiteError `not_found`
 */
export function revokeKey(sql: postgres.Sql, revocation: Revocation): Promise<void> {
  const { id, clusters, actor, requestId } = revocation;
  return retrying(() =>
    sql.begin(async (tx) => {
      const [key] = await tx<Pick<KeyRow, 'name' | 'clusters' | 'revoked_at'>[]>`
        select name, clusters, revoked_at from api_keys where id = ${id} for update`;
      if (key === undefined || !isWithin(key.clusters, clusters)) {
        throw new KiteError('not_found', { message: 'There is no key with this id.' });
      }
      if (key.revoked_at !== null) {
        return;
      }
      await tx`
        update api_keys set revoked_at = ${new Date(revocation.now).toISOString()}, revoked_by = ${actor}
        where id = ${id}`;
      await recordAct(tx, {
        at: revocation.now,
        actor,
        requestId,
        operation: 'keys.revoke',
        cluster: onlyCluster(key.clusters),
        namespace: null,
        issueId: null,
        details: { keyId: id, name: key.name },
      });
    }),
  );
}

function isWithin(clusters: readonly string[], limit: readonly string[] | null): boolean {
  return limit === null || clusters.every((cluster) => cluster !== '*' && limit.includes(cluster));
}
