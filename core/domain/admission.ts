import type { Problem } from '../errors.ts';
import { orderTime } from './order.ts';
import type { Report } from './report.ts';

/** How far a reporter's clock may run ahead, in milliseconds, before its word would pin an issue. */
const clockTolerance = 5 * 60_000;

/** What is wrong with a report's times, judged at `now`; empty when they can be believed. */
export function timeProblems(
  report: Pick<Report, 'observedAt' | 'subjectCreatedAt'>,
  now: number,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (report.observedAt > now + clockTolerance) {
    problems.push({
      path: 'observedAt',
      message: 'lies more than five minutes in the future; set the reporting machine’s clock',
    });
  }
  if (report.subjectCreatedAt !== null) {
    if (report.subjectCreatedAt > now + clockTolerance) {
      problems.push({
        path: 'subjectCreatedAt',
        message: 'lies more than five minutes in the future; set the reporting machine’s clock',
      });
    }
    if (report.subjectCreatedAt > report.observedAt + clockTolerance) {
      problems.push({
        path: 'subjectCreatedAt',
        message: 'lies more than five minutes after observedAt; a thing is observed after it was created',
      });
    }
  }
  return problems;
}

/**
 * Whether a report speaks of a moment whose history may be gone: it can no longer be told whether it is
 * new, so it changes nothing.
 *
 * @param horizon milliseconds since 1970; older order times are stale
 */
export function isStale(report: Pick<Report, 'observedAt' | 'subjectCreatedAt'>, horizon: number): boolean {
  return orderTime(report) < horizon;
}
