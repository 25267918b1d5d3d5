import { randomBytes, randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import type { Grant } from '../../core/access/grant.ts';
import { formatKey, keyDigest, keySecretBytes } from '../../core/access/key.ts';
import { createKey } from '../../db/keys/create.ts';

/** Limits of KITE_ACCESS under which no test takes more than its share. */
export const generousLimits = {
  requestsPerSecond: 100_000,
  burst: 100_000,
  atOnce: 1000,
  refusedPerSecond: 1000,
  refusedBurst: 100_000,
};

/** Everything, everywhere. */
export const everything: Grant = {
  clusters: ['*'],
  namespaces: ['*'],
  may: ['read', 'report', 'act', 'admin'],
};

/** Makes an API key at the database, without end where the grant does not say. */
export async function makeKey(
  sql: postgres.Sql,
  grant: Grant & { readonly name?: string; readonly expiresAt?: number | undefined },
): Promise<string> {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const { text, secret } = formatKey(id, randomBytes(keySecretBytes));
  const { clusters, namespaces, may } = grant;
  await createKey(sql, {
    ...{ id, clusters, namespaces, may, name: grant.name ?? 'test', now: Date.now() },
    expiresAt: grant.expiresAt ?? null,
    digest: keyDigest(secret),
    actor: null,
    requestId: null,
  });
  return text;
}
