import type postgres from 'postgres';
import type { AuditPage, AuditQuery } from '../../core/contract/audit.ts';
import { decodeMoment, encodeMoment } from '../../core/contract/moment-cursor.ts';
import { cursorProblem, retrying } from '../failure.ts';

export interface AuditListing extends Omit<AuditQuery, 'limit' | 'cursor' | 'cluster'> {
  /** The clusters that are shown; null: all, and what concerns none of them alone. */
  readonly clusters: readonly string[] | null;
  readonly limit: number;
  readonly cursor: string | null;
}

interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly actor: string | null;
  readonly operation: string;
  readonly cluster: string | null;
  readonly namespace: string | null;
  readonly issue_id: string | null;
  readonly request_id: string | null;
  readonly details: Record<string, unknown> | null;
}

/**
 * A page of the audit, newest first.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listAudit(sql: postgres.Sql, asked: AuditListing): Promise<AuditPage> {
  const { clusters, limit, cursor } = asked;
  const after = cursor === null ? null : decodeMoment(cursor);
  if (cursor !== null && (after === null || !/^\d{1,18}$/.test(after.id))) {
    throw cursorProblem();
  }
  const is = (column: string, value: string | undefined) =>
    value === undefined ? sql`` : sql`and ${sql(column)} = ${value}`;
  const at = (time: number) => sql`${new Date(time).toISOString()}::timestamptz`;
  return retrying(async () => {
    const rows = await sql<AuditRow[]>`
      select id, at, actor, operation, cluster, namespace, issue_id, request_id, details from audit
      where ${clusters === null ? sql`true` : sql`cluster in ${sql(clusters)}`}
        ${is('actor', asked.actor)} ${is('operation', asked.operation)} ${is('namespace', asked.namespace)}
        ${is('issue_id', asked.issueId)}
        ${asked.since === undefined ? sql`` : sql`and at >= ${at(asked.since)}`}
        ${asked.until === undefined ? sql`` : sql`and at < ${at(asked.until)}`}
        ${after === null ? sql`` : sql`and (at, id) < (${at(after.at)}, ${after.id}::bigint)`}
      order by at desc, id desc limit ${limit + 1}`;
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      data: shown.map(({ issue_id, request_id, ...row }) => ({
        ...row,
        at: row.at.toISOString(),
        issueId: issue_id,
        requestId: request_id,
      })),
      nextCursor:
        rows.length > limit && last !== undefined
          ? encodeMoment({ at: last.at.getTime(), id: last.id })
          : null,
    };
  });
}
