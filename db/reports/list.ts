import type postgres from 'postgres';
import { decodeMoment, encodeMoment } from '../../core/contract/moment-cursor.ts';
import type { ReportPage, ReportTaken } from '../../core/contract/reports.ts';
import { cursorProblem, retrying } from '../failure.ts';

export interface ReportListing {
  /** The run's name or uid. */
  readonly pipelineRun: string;
  /** Any of these, or all where absent. */
  readonly namespace?: readonly string[];
  readonly cluster?: readonly string[];
  readonly limit: number;
  readonly cursor: string | null;
}

interface ReportRow
  extends Pick<ReportTaken, 'outcome' | 'effect' | 'source' | 'actor' | 'cluster' | 'namespace'> {
  readonly event_id: string;
  readonly distinct_key: string;
  readonly observed_at: Date;
  readonly subject_created_at: Date | null;
  readonly received_at: Date;
  readonly run_name: string | null;
  readonly run_uid: string | null;
  readonly identity: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_namespace: string;
  readonly issue_type: ReportTaken['issueType'];
  readonly issue_id: string | null;
}

/**
 * A page of the reports that a run made, the last received first. What was copied to an issue that waits for the run's end
 * is no report of its own.
 *
 * @throws KiteError `invalid_request` for a cursor that is not one
 */
export function listReports(sql: postgres.Sql, asked: ReportListing): Promise<ReportPage> {
  const { pipelineRun: run, limit, cursor } = asked;
  const after = cursor === null ? null : decodeMoment(cursor);
  if (cursor !== null && (after === null || !/^[0-9a-f]{32}$/.test(after.id))) {
    throw cursorProblem();
  }
  const isAnyOf = (column: string, names: readonly string[] | undefined) =>
    names === undefined ? sql`` : sql`and ${sql(column)} in ${sql([...names])}`;
  return retrying(async () => {
    const rows = await sql<ReportRow[]>`
      select e.outcome, e.effect, e.source, e.event_id, e.distinct_key, e.observed_at, e.subject_created_at, e.received_at,
        e.actor, e.run_name, e.run_uid, i.identity, i.cluster, i.namespace, i.resource_type, i.resource_name,
        i.resource_namespace, i.issue_type, i.id as issue_id
      from (
        select * from events where run_name = ${run}
        union all
        select * from events where run_uid = ${run} and run_name is distinct from ${run}
      ) e
      join issues i on i.key = e.issue_key
      where e.kind = 'report' ${isAnyOf('i.namespace', asked.namespace)} ${isAnyOf('i.cluster', asked.cluster)}
        ${
          after === null
            ? sql``
            : sql`and (e.received_at, e.distinct_key) < (${new Date(after.at).toISOString()}::timestamptz, ${after.id}::uuid)`
        }
      order by e.received_at desc, e.distinct_key desc limit ${limit + 1}`;
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      data: shown.map(toReport),
      nextCursor:
        rows.length > limit && last !== undefined
          ? encodeMoment({ at: last.received_at.getTime(), id: last.distinct_key.replaceAll('-', '') })
          : null,
    };
  });
}

function toReport(row: ReportRow): ReportTaken {
  return {
    outcome: row.outcome,
    effect: row.effect,
    cluster: row.cluster,
    namespace: row.namespace,
    scope: {
      id: row.identity,
      resourceType: row.resource_type,
      resourceName: row.resource_name,
      resourceNamespace: row.resource_namespace,
    },
    issueType: row.issue_type,
    issueId: row.issue_id,
    source: row.source,
    eventId: row.event_id,
    observedAt: row.observed_at.toISOString(),
    subjectCreatedAt: row.subject_created_at?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(),
    actor: row.actor,
    run: row.run_name === null && row.run_uid === null ? null : { name: row.run_name, uid: row.run_uid },
  };
}
