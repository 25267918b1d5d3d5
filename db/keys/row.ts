import type { Grant } from '../../core/access/grant.ts';
import type { ApiKey } from '../../core/contract/keys.ts';

/** A row of `api_keys`, without the digest. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly clusters: readonly string[];
  readonly namespaces: readonly string[];
  readonly rights: Grant['may'];
  readonly created_by: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
}

export const keyColumns = [
  ...['id', 'name', 'clusters', 'namespaces', 'rights', 'created_by', 'created_at', 'expires_at'],
  ...['last_used_at', 'revoked_at', 'revoked_by'],
] as const;

/** A key as the API shows it: all but its secret, which is kept nowhere. */
export function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    clusters: [...row.clusters],
    namespaces: [...row.namespaces],
    may: [...row.rights],
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
  };
}

/** The one cluster that an act on a key concerns; null for several or all. */
export function onlyCluster(clusters: readonly string[]): string | null {
  const [only, ...others] = clusters;
  return only === undefined || only === '*' || others.length > 0 ? null : only;
}
