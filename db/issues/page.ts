import type postgres from 'postgres';
import type { Issue } from '../../core/contract/issue.ts';
import { type DocumentRow, type RelationRow, toIssue } from './document.ts';

/** What one statement tells of a page, taken apart by Postgres so that each table is read once and not once for each issue. */
interface PageRow {
  readonly issues: readonly IssueRow[] | null;
  readonly links: readonly (DocumentRow['links'][number] & { readonly issue_key: number })[] | null;
  readonly relations: readonly (RelationRow & { readonly issue_key: number })[] | null;
}

type IssueRow = Omit<
  DocumentRow,
  'application' | 'component' | 'lifecycle' | 'origin' | 'links' | 'relations'
> & { readonly key: number };

/**
 * The issues of these ids, in their order, without those that are gone. Its plan is kept by each connection, whatever list the ids
 * come from: making one takes as long as reading thirty issues.
 */
export async function readIssues(sql: postgres.ISql, ids: readonly string[]): Promise<Issue[]> {
  if (ids.length === 0) {
    return [];
  }
  const [page] = await sql<PageRow[]>`
    with page as materialized (
      select asked.place, i.key, i.id, i.identity, i.title, i.description, i.severity, i.issue_type, i.state, i.cluster,
        i.namespace, i.resource_type, i.resource_name, i.resource_namespace, i.labels, i.due_at, i.detected_at,
        i.resolved_at, i.first_seen_at, i.last_seen_at, i.occurrences, i.episode_occurrences, i.episodes, i.created_at,
        i.updated_at
      from unnest(string_to_array(${ids.join(' ')}, ' ')::uuid[]) with ordinality as asked (id, place)
      join issues i on i.id = asked.id
    ),
    link as (
      select l.*, row_number() over (
        partition by l.issue_key order by l.reported_key desc nulls last, l.reported_position
      ) as newest
      from links l
      where l.issue_key = any (array(select key from page))
    ),
    relation as (
      select source_key as issue_key, target_key as other_key, id, true as outgoing, created_at
      from relations where source_key = any (array(select key from page))
      union all
      select target_key, source_key, id, false, created_at
      from relations where target_key = any (array(select key from page))
    )
    select
      (select json_agg(page order by place) from page) as issues,
      (
        select json_agg(
          json_build_object('issue_key', l.issue_key, 'id', l.id, 'title', coalesce(l.person_title, l.reported_title), 'url', l.url)
          order by l.person_position, l.reported_key desc nulls last, l.reported_position
        )
        from link l
        where l.newest <= 50 or l.person_title is not null
      ) as links,
      (
        select json_agg(
          json_build_object(
            'issue_key', r.issue_key, 'id', r.id, 'outgoing', r.outgoing,
            'other', json_build_object(
              'id', o.id, 'title', o.title, 'description', o.description, 'severity', o.severity, 'issueType', o.issue_type,
              'state', o.state, 'detectedAt', o.detected_at, 'resolvedAt', o.resolved_at, 'cluster', o.cluster,
              'namespace', o.namespace, 'scopeId', o.identity, 'resourceType', o.resource_type,
              'resourceName', o.resource_name, 'resourceNamespace', o.resource_namespace, 'createdAt', o.created_at,
              'updatedAt', o.updated_at
            )
          )
          order by r.created_at, r.id
        )
        from relation r
        join issues o on o.key = r.other_key
        where o.id is not null
      ) as relations`;
  const links = byIssue(page?.links ?? []);
  const relations = byIssue(page?.relations ?? []);
  return (page?.issues ?? []).map((row) =>
    toIssue({ ...row, links: links.get(row.key) ?? [], relations: relations.get(row.key) ?? [] }),
  );
}

/** The rows of each issue, in their order, without the key. */
function byIssue<Row extends { readonly issue_key: number }>(
  rows: readonly Row[],
): Map<number, Omit<Row, 'issue_key'>[]> {
  const found = new Map<number, Omit<Row, 'issue_key'>[]>();
  for (const { issue_key: key, ...row } of rows) {
    const present = found.get(key);
    if (present === undefined) {
      found.set(key, [row]);
    } else {
      present.push(row);
    }
  }
  return found;
}
