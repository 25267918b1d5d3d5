import { expect } from 'vitest';
import { reportInput } from '../../../core/contract/reports.ts';
import { fromReportInput } from '../../../core/contract/to-report.ts';
import { timeProblems } from '../../../core/domain/admission.ts';
import type { Report } from '../../../core/domain/report.ts';
import type { KubeObject, Observation, Outgoing } from '../../../operator/runtime/controller.ts';

/** The reports of an observation as the server understands them; fails where it would refuse one. */
export function received({ reports }: Pick<Observation, 'reports'>, now: number): readonly Report[] {
  return reports.map((outgoing) => {
    const report = fromReportInput(reportInput.parse(outgoing.report), {
      received: now,
      cluster: 'here',
      idempotencyKey: null,
      actor: null,
      newId: () => 'new',
    });
    expect(timeProblems(report, now)).toEqual([]);
    expect(report.anonymous).toBe(false);
    expect([outgoing.outcome, outgoing.eventId]).toEqual([report.outcome, report.eventId]);
    return report;
  });
}

/** A report in one line: outcome, type and scope. */
export function told({ report }: Outgoing): string {
  const { scope, outcome, issueType } = reportInput.parse(report);
  return `${outcome} ${issueType} ${scope.resourceType}/${scope.resourceName}`;
}

/** Any value as the runtime would hand it on, though no API server would ever send it. */
export function asObject(value: unknown): KubeObject {
  return value as KubeObject;
}
