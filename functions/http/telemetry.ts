import type { OperationId } from '../../core/contract/operations.ts';
import type { ReportStatus } from '../../core/domain/report.ts';

/** Counts what becomes of reports, for whoever watches the service. */
export interface Telemetry {
  /**
   * Told once for each request that brought reports, when they were applied or refused. Never throws: no request fails
   * for want of a figure.
   *
   * @param outcomes how many reports of the request ended so, by the statuses of a batch's answer (`ReportStatus`)
   */
  reported(operation: OperationId, outcomes: Readonly<Record<string, number>>): void;
}

/** For those who count nothing. */
export const noTelemetry: Telemetry = { reported: () => undefined };

/** How many of the statuses there are of each kind. */
export function outcomesOf(statuses: readonly ReportStatus[]): Readonly<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  for (const status of statuses) {
    outcomes[status] = (outcomes[status] ?? 0) + 1;
  }
  return outcomes;
}
