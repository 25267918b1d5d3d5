export const issueTypes = ['build', 'test', 'release', 'dependency', 'pipeline'] as const;
export type IssueType = (typeof issueTypes)[number];

/** From the least to the most severe; the position is the rank by which lists sort. */
export const severities = ['info', 'minor', 'major', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const states = ['ACTIVE', 'RESOLVED'] as const;
export type State = (typeof states)[number];

export type Outcome = 'failing' | 'passing';

/** What can become of a report. */
export const reportStatuses = [
  'opened',
  'updated',
  'reopened',
  'resolved',
  'recorded',
  'duplicate',
  'stale',
  'rejected',
] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** What an adapter may call its reports; `user` is kept for people and refused from outside. */
export const userSource = 'user';

export interface Scope {
  /** Lower case. */
  readonly resourceType: string;
  readonly resourceName: string;
  readonly resourceNamespace: string;
}

/** What an issue is about. Two reports with the same identity are about the same issue. */
export interface Identity {
  readonly cluster: string;
  readonly namespace: string;
  readonly scope: Scope;
  readonly issueType: IssueType;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

export interface Run {
  readonly name: string | null;
  readonly uid: string | null;
}

/** What only a failing report says. */
export interface Failure {
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly links: readonly Link[];
  readonly dueAt: number | null;
}

/**
 * One observation: this resource, seen at this moment, is failing (or passing).
 *
 * Times are whole milliseconds since 1970, UTC. `subjectCreatedAt` is when the judged run, release or
 * snapshot was created, for things that end; null for things that only are.
 */
export interface Report {
  readonly identity: Identity;
  readonly outcome: Outcome;
  readonly observedAt: number;
  readonly subjectCreatedAt: number | null;
  readonly source: string;
  /** With identity and source, what makes a report distinct. */
  readonly eventId: string;
  /** True when the reporter gave no id and `eventId` was made here: a repetition cannot be told. */
  readonly anonymous: boolean;
  readonly run: Run | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Present exactly when `outcome` is failing, but for a person's reopening, which adds no text. */
  readonly failure: Failure | null;
  /** Who reported or acted; null where nobody was asked who they are. */
  readonly actor: string | null;
}

/** A scope that is an application or a component says so in the label of that name too, unless the labels do. */
export function normaliseLabels(
  scope: Scope,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return scope.resourceType === 'application' || scope.resourceType === 'component'
    ? { [scope.resourceType]: scope.resourceName, ...labels }
    : labels;
}
