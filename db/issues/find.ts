import type postgres from 'postgres';
import type { Identity } from '../../core/domain/report.ts';
import { retrying } from '../failure.ts';
import { type IdentityRow, identityOf } from './lock.ts';

/** What never changes of an issue, as long as there is one. */
export interface FoundIssue {
  /** The key of its row, by which its history is filed. */
  readonly key: string;
  readonly id: string;
  readonly identity: Identity;
}

/** Which of these issues there are, and what they are about: one look-up by id, in no order. */
export function findIssues(sql: postgres.Sql, ids: readonly string[]): Promise<readonly FoundIssue[]> {
  return retrying(async () => {
    const rows = await sql<(IdentityRow & { readonly key: string; readonly id: string })[]>`
      select key, id, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type
      from issues where id in ${sql(ids)}`;
    return rows.map((row) => ({ key: row.key, id: row.id, identity: identityOf(row) }));
  });
}
