import type { Issue, RelatedIssue, Relation } from '../../core/contract/issue.ts';

/** A time as the driver (Date) or JSON (string) carries it. */
type Time = Date | string;

/** A row of the view `issue_documents`, read directly or as JSON. */
export interface DocumentRow {
  readonly id: string;
  readonly identity: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Issue['severity'];
  readonly issue_type: Issue['issueType'];
  readonly state: Issue['state'];
  readonly cluster: string;
  readonly namespace: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_namespace: string;
  readonly labels: Record<string, string>;
  readonly due_at: Time | null;
  readonly detected_at: Time;
  readonly resolved_at: Time | null;
  readonly first_seen_at: Time;
  readonly last_seen_at: Time;
  readonly occurrences: number;
  readonly episode_occurrences: number;
  readonly episodes: number;
  readonly created_at: Time;
  readonly updated_at: Time;
  readonly links: readonly { readonly id: string; readonly title: string; readonly url: string }[];
  readonly relations: readonly RelationRow[];
}

/** A relation as the view tells it: with the other end, and whether the issue is its source. */
export interface RelationRow {
  readonly id: string;
  readonly outgoing: boolean;
  readonly other: Omit<RelatedIssue, 'scope'> & {
    readonly resourceType: string;
    readonly resourceName: string;
    readonly resourceNamespace: string;
  };
}

/** What `toIssue` reads of the view, as a list of columns: the rest of a row is for those who write it. */
export const documentColumnNames = [
  ...['id', 'identity', 'title', 'description', 'severity', 'issue_type', 'state', 'cluster', 'namespace'],
  ...['resource_type', 'resource_name', 'resource_namespace', 'labels'],
  ...['due_at', 'detected_at', 'resolved_at', 'first_seen_at', 'last_seen_at', 'occurrences'],
  ...['episode_occurrences', 'episodes', 'created_at', 'updated_at', 'links', 'relations'],
] as const;

/** As Postgres writes a time of milliseconds as JSON, with UTC as its zone. */
const writtenTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?\+00:00$/;

/** A page has some five hundred of them, and a Date takes ten times as long as a look at the text. */
export function time(value: Time): string {
  const written = typeof value === 'string' ? writtenTime.exec(value) : null;
  return written === null
    ? new Date(value).toISOString()
    : `${written[1]}.${(written[2] ?? '').padEnd(3, '0')}Z`;
}

export function timeOrNull(value: Time | null): string | null {
  return value === null ? null : time(value);
}

/** The issue as the API shows it. */
export function toIssue(row: DocumentRow): Issue {
  const relations = row.relations.map((relation) => toRelation(row.id, relation));
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    severity: row.severity,
    issueType: row.issue_type,
    state: row.state,
    detectedAt: time(row.detected_at),
    resolvedAt: timeOrNull(row.resolved_at),
    cluster: row.cluster,
    namespace: row.namespace,
    scopeId: row.identity,
    scope: {
      id: row.identity,
      resourceType: row.resource_type,
      resourceName: row.resource_name,
      resourceNamespace: row.resource_namespace,
    },
    labels: row.labels,
    application: row.labels.application ?? null,
    component: row.labels.component ?? null,
    lifecycle: row.labels.lifecycle ?? null,
    origin: row.labels.origin ?? null,
    dueAt: timeOrNull(row.due_at),
    firstSeenAt: time(row.first_seen_at),
    lastSeenAt: time(row.last_seen_at),
    occurrences: row.occurrences,
    episodeOccurrences: row.episode_occurrences,
    reopened: row.episodes - 1,
    links: row.links.map((link) => ({ ...link, issueId: row.id })),
    relatedFrom: relations.filter((relation) => relation.sourceId === row.id),
    relatedTo: relations.filter((relation) => relation.sourceId !== row.id),
    createdAt: time(row.created_at),
    updatedAt: time(row.updated_at),
  };
}

function toRelation(id: string, relation: RelationRow): Relation {
  const { resourceType, resourceName, resourceNamespace, ...other } = relation.other;
  const shown: RelatedIssue = {
    ...other,
    detectedAt: time(other.detectedAt),
    resolvedAt: timeOrNull(other.resolvedAt),
    createdAt: time(other.createdAt),
    updatedAt: time(other.updatedAt),
    scope: { id: other.scopeId, resourceType, resourceName, resourceNamespace },
  };
  return relation.outgoing
    ? { id: relation.id, sourceId: id, targetId: other.id, target: shown }
    : { id: relation.id, sourceId: other.id, targetId: id, source: shown };
}
