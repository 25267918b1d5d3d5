import type * as z from 'zod/mini';
import type { Failure, Identity, IssueType, Link, Outcome, Report, Run, Scope } from '../domain/report.ts';
import type { reportExtras, scopeInput } from './fields.ts';
import type { ReportInput } from './reports.ts';

/** What a translation needs besides the message: all that is not in it. */
export interface Reporting {
  /** When it was received, in milliseconds since 1970: the observation, where the message has no time. */
  readonly received: number;
  /** The cluster of messages that name none. */
  readonly cluster: string;
  /** Who reports; null where nobody was asked who they are. */
  readonly actor: string | null;
  /** The id given for the whole call. */
  readonly idempotencyKey: string | null;
  readonly newId: () => string;
}

type Extras = { readonly [Name in keyof typeof reportExtras]?: z.output<(typeof reportExtras)[Name]> };

interface Subject {
  readonly namespace: string;
  readonly scope: Scope;
  readonly issueType: IssueType;
  readonly source: string;
  readonly outcome: Outcome;
  readonly failure: Failure | null;
  /** Labels that the translation knows; the message's own win. */
  readonly labels?: Readonly<Record<string, string>>;
}

const uid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The report that a message amounts to, given what it is about. */
export function toReport(subject: Subject, extras: Extras, reporting: Reporting): Report {
  const given = extras.eventId ?? reporting.idempotencyKey ?? (extras.runId || null);
  const identity: Identity = {
    cluster: extras.cluster ?? reporting.cluster,
    namespace: subject.namespace,
    scope: subject.scope,
    issueType: subject.issueType,
  };
  return {
    identity,
    outcome: subject.outcome,
    observedAt: extras.observedAt ?? reporting.received,
    subjectCreatedAt: extras.subjectCreatedAt ?? null,
    source: subject.source,
    eventId: given ?? reporting.newId(),
    anonymous: given === null,
    run: toRun(extras),
    labels: { ...subject.labels, ...extras.labels },
    failure: subject.failure,
    actor: reporting.actor,
  };
}

/** The run by name and uid; a `runId` is whichever of the two it looks like. */
function toRun(extras: Extras): Run | null {
  const name = extras.run?.name || null;
  const id = extras.run?.uid || null;
  if (name !== null || id !== null) {
    return { name, uid: id };
  }
  if (!extras.runId) {
    return null;
  }
  return uid.test(extras.runId) ? { name: null, uid: extras.runId } : { name: extras.runId, uid: null };
}

export function toScope(scope: z.output<typeof scopeInput>, namespace: string): Scope {
  return {
    resourceType: scope.resourceType,
    resourceName: scope.resourceName,
    resourceNamespace: scope.resourceNamespace || namespace,
  };
}

/** One a URL: of two links with the same URL the first counts. */
export function distinctLinks(links: readonly Link[] | null | undefined): readonly Link[] {
  const seen = new Map<string, Link>();
  for (const link of links ?? []) {
    if (!seen.has(link.url)) {
      seen.set(link.url, link);
    }
  }
  return [...seen.values()];
}

/** A report as `POST /reports` takes it. */
export function fromReportInput(input: ReportInput, reporting: Reporting): Report {
  const failure =
    input.outcome === 'passing'
      ? null
      : {
          title: input.title,
          description: input.description,
          severity: input.severity,
          links: distinctLinks(input.links),
          dueAt: input.dueAt ?? null,
        };
  return toReport(
    {
      namespace: input.namespace,
      scope: toScope(input.scope, input.namespace),
      issueType: input.issueType,
      source: input.source,
      outcome: input.outcome,
      failure,
    },
    input,
    reporting,
  );
}
