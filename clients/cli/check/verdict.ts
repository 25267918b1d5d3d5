import type { Issue } from '../../../core/contract/issue.ts';
import type { ReportTaken } from '../../../core/contract/reports.ts';

/** What a check has found. */
export interface Verdict {
  /** What was checked, as a person names it: `run checkout-7f2kd`. */
  readonly subject: string;
  /** The namespaces. */
  readonly where: string;
  /** Active, and matching all that was said. */
  readonly issues: readonly Issue[];
  /** What the run reported; null where no run was asked about. None: nobody knows how it ended. */
  readonly reports: readonly ReportTaken[] | null;
  /** Why Kite could not be asked; null where it was. */
  readonly trouble: string | null;
}

export const isUnknown = ({ reports, trouble }: Verdict): boolean =>
  trouble !== null || (reports !== null && reports.length === 0);

/**
 * What the run reported last as passing, and is none of the issues that were found; each thing once.
 */
export function passedOf({ issues, reports }: Verdict): readonly ReportTaken[] {
  const newest = new Map<string, ReportTaken>();
  for (const report of reports ?? []) {
    const before = newest.get(report.scope.id);
    if (before === undefined || isNewer(report, before)) newest.set(report.scope.id, report);
  }
  const failing = new Set(issues.map(({ scopeId }) => scopeId));
  return [...newest.values()].filter(({ outcome, scope }) => outcome === 'passing' && !failing.has(scope.id));
}

/** In the order of reports, as far as a run's own are told apart by it. */
function isNewer(one: ReportTaken, other: ReportTaken): boolean {
  const key = ({ subjectCreatedAt, observedAt, outcome }: ReportTaken) =>
    `${subjectCreatedAt ?? observedAt} ${observedAt} ${outcome === 'failing' ? 1 : 0}`;
  return key(one) > key(other);
}

/** `2 active issues of run checkout-7f2kd`. */
export function sentenceOf(verdict: Verdict): string {
  const { issues, subject } = verdict;
  if (verdict.trouble !== null) return `Kite could not be asked about ${subject}`;
  if (isUnknown(verdict)) return `Nothing has been reported of ${subject}`;
  const count = issues.length;
  return `${count === 0 ? 'No' : count} active ${count === 1 ? 'issue' : 'issues'} of ${subject}`;
}
