import type postgres from 'postgres';
import { type DerivedIssue, deriveIssue, type Edit } from '../../core/domain/derive.ts';
import { identityKey } from '../../core/domain/identity.ts';
import type { Identity, Report, Run } from '../../core/domain/report.ts';
import { type DocumentRow, toIssue } from '../../db/issues/document.ts';

interface EventRow {
  readonly kind: 'report' | 'end' | 'action' | 'edit';
  readonly outcome: 'failing' | 'passing' | null;
  readonly source: string;
  readonly event_id: string;
  readonly anonymous: boolean;
  readonly observed_at: Date;
  readonly subject_created_at: Date | null;
  readonly run_name: string | null;
  readonly run_uid: string | null;
  readonly actor: string | null;
  readonly content: Record<string, unknown> | null;
}

/** What the database holds of an identity, and what its history should add up to. */
export interface Compared {
  /** What the row says; null when it is no issue. */
  readonly row: DerivedIssue | null;
  /** What core/domain/derive.ts makes of the history that the database has kept. */
  readonly model: DerivedIssue | null;
  readonly history: readonly Report[];
}

/** Reads an identity's row and history, and derives from the history what the row should be. */
export async function compare(sql: postgres.Sql, identity: Identity): Promise<Compared> {
  const key = identityKey(identity);
  const [document] = await sql<DocumentRow[]>`select * from issue_documents where identity = ${key}`;
  const events = await sql<EventRow[]>`
    select e.* from events e join issues i on i.key = e.issue_key where i.identity = ${key} order by e.order_key`;
  const mintmaker =
    identity.scope.resourceType.startsWith('mintmaker-') && identity.issueType === 'dependency';
  const reports = events.filter((event) => event.kind === 'report' || event.kind === 'action');
  const ends = events.filter((event) => event.kind === 'end');
  const edits = events.filter((event) => event.kind === 'edit').map((event) => toEdit(event.content ?? {}));
  const history = reports.map((event) => toReport(identity, event));
  return {
    row: document === undefined ? null : toDerived(document),
    model: deriveIssue(history, mintmaker ? ends.map((event) => toReport(identity, event)) : null, edits),
    history,
  };
}

/** The part of an issue that follows from its history. */
function toDerived(document: DocumentRow): DerivedIssue {
  const issue = toIssue(document);
  const at = (time: string) => Date.parse(time);
  return {
    state: issue.state,
    title: issue.title,
    description: issue.description,
    severity: issue.severity,
    labels: issue.labels,
    dueAt: issue.dueAt === null ? null : at(issue.dueAt),
    detectedAt: at(issue.detectedAt),
    resolvedAt: issue.resolvedAt === null ? null : at(issue.resolvedAt),
    firstSeenAt: at(issue.firstSeenAt),
    lastSeenAt: at(issue.lastSeenAt),
    occurrences: issue.occurrences,
    episodeOccurrences: issue.episodeOccurrences,
    reopened: issue.reopened,
    links: issue.links.map(({ title, url }) => ({ title, url })),
  };
}

function toEdit(content: Record<string, unknown>): Edit {
  const { dueAt, ...fields } = content;
  return dueAt === undefined
    ? fields
    : { ...fields, dueAt: typeof dueAt === 'string' ? Date.parse(dueAt) : null };
}

function toReport(identity: Identity, event: EventRow): Report {
  const run: Run | null =
    event.run_name === null && event.run_uid === null ? null : { name: event.run_name, uid: event.run_uid };
  const content = event.content as {
    title: string;
    description: string;
    severity: 'info' | 'minor' | 'major' | 'critical';
    links: { title: string; url: string }[];
    labels: Record<string, string>;
    dueAt: string | null;
  } | null;
  return {
    identity,
    outcome: event.outcome ?? 'passing',
    observedAt: event.observed_at.getTime(),
    subjectCreatedAt: event.subject_created_at?.getTime() ?? null,
    source: event.source,
    eventId: event.event_id,
    anonymous: event.anonymous,
    run,
    labels: content?.labels ?? {},
    failure:
      content === null
        ? null
        : {
            title: content.title,
            description: content.description,
            severity: content.severity,
            links: content.links,
            dueAt: content.dueAt === null ? null : Date.parse(content.dueAt),
          },
    actor: event.actor,
  };
}
