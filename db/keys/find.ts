import type postgres from 'postgres';
import type { Grant } from '../../core/access/grant.ts';
import { retrying } from '../failure.ts';
import type { KeyRow } from './row.ts';

/** What it takes to tell whether a key is valid, and what it gives. Times are in milliseconds since 1970. */
export interface StoredKey extends Grant {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of its secret, 32 bytes. */
  readonly digest: Uint8Array;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** The key of an id, also when it is no longer valid; undefined when there is none. */
export function findKey(sql: postgres.Sql, id: string): Promise<StoredKey | undefined> {
  return retrying(async () => {
    const [row] = await sql<(KeyRow & { readonly secret_hash: Buffer })[]>`
      select id, name, secret_hash, clusters, namespaces, rights, expires_at, revoked_at
      from api_keys where id = ${id}`;
    return row === undefined
      ? undefined
      : {
          id: row.id,
          name: row.name,
          digest: row.secret_hash,
          clusters: row.clusters,
          namespaces: row.namespaces,
          may: row.rights,
          expiresAt: row.expires_at?.getTime() ?? null,
          revokedAt: row.revoked_at?.getTime() ?? null,
        };
  });
}
