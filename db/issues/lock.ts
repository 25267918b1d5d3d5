import type postgres from 'postgres';
import type { Identity } from '../../core/domain/report.ts';
import { KiteError } from '../../core/errors.ts';

/** An issue's row while the caller's transaction holds it. */
export interface LockedIssue {
  readonly key: string;
  readonly id: string;
  readonly identity: Identity;
  readonly newestKey: Buffer;
  /** When it was edited last, in milliseconds since 1970; null when never. */
  readonly editedAt: number | null;
}

/** What makes an issue's identity, as its row has it. */
export interface IdentityRow {
  readonly cluster: string;
  readonly namespace: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_namespace: string;
  readonly issue_type: Identity['issueType'];
}

interface LockedRow extends IdentityRow {
  readonly key: string;
  readonly identity: string;
  readonly ends_of: string | null;
  readonly newest_key: Buffer;
  readonly edited_at: Date | null;
}

/**
 * Locks an issue for the caller's transaction, in the same order as `apply_reports`: the pipeline that a
 * MintMaker issue waits for first.
 *
 * @throws KiteError `not_found` when there is no such issue
 */
export async function lockIssue(tx: postgres.TransactionSql, id: string): Promise<LockedIssue> {
  await tx`
    select from issues p
    where p.identity = (select i.ends_of from issues i where i.id = ${id})
    for no key update`;
  const [row] = await tx<LockedRow[]>`
    select key, identity, ends_of, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type,
      newest_key, edited_at
    from issues where id = ${id}
    for no key update`;
  if (row === undefined) {
    throw issueNotFound();
  }
  return {
    key: row.key,
    id,
    identity: identityOf(row),
    newestKey: row.newest_key,
    editedAt: row.edited_at?.getTime() ?? null,
  };
}

export function identityOf(row: IdentityRow): Identity {
  return {
    cluster: row.cluster,
    namespace: row.namespace,
    scope: {
      resourceType: row.resource_type,
      resourceName: row.resource_name,
      resourceNamespace: row.resource_namespace,
    },
    issueType: row.issue_type,
  };
}

export function issueNotFound(): KiteError {
  return new KiteError('not_found', { message: 'There is no issue with this id.' });
}
