import type postgres from 'postgres';
import type { Grant } from '../../core/access/grant.ts';
import type { ApiKey } from '../../core/contract/keys.ts';
import { type Acting, recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { type KeyRow, keyColumns, onlyCluster, toKey } from './row.ts';

export interface NewKey extends Grant, Acting {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly digest: Buffer;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds since 1970; null: it does not expire. */
  readonly expiresAt: number | null;
}

/** Keeps a key, and who made it. */
export function createKey(sql: postgres.Sql, key: NewKey): Promise<ApiKey> {
  const { id, name, clusters, namespaces, may } = key;
  const expiresAt = key.expiresAt === null ? null : new Date(key.expiresAt).toISOString();
  return retrying(() =>
    sql.begin(async (tx) => {
      const [row] = await tx<KeyRow[]>`
        insert into api_keys (id, name, secret_hash, clusters, namespaces, rights, created_by, created_at, expires_at)
        values (
          ${id}, ${name}, ${key.digest}, ${tx.json([...clusters])}, ${tx.json([...namespaces])}, ${tx.json([...may])},
          ${key.actor}, ${new Date(key.now).toISOString()}, ${expiresAt}
        )
        returning ${tx(keyColumns)}`;
      if (row === undefined) {
        throw new Error('an insert has returned no row');
      }
      await recordAct(tx, {
        at: key.now,
        actor: key.actor,
        requestId: key.requestId,
        operation: 'keys.create',
        cluster: onlyCluster(clusters),
        namespace: null,
        issueId: null,
        details: { keyId: id, name, clusters, namespaces, may, expiresAt },
      });
      return toKey(row);
    }),
  );
}
