import type { OperationId } from '../../core/contract/operations.ts';
import type { Reporting } from '../../core/contract/to-report.ts';
import { timeProblems } from '../../core/domain/admission.ts';
import type { Report } from '../../core/domain/report.ts';
import { KiteError } from '../../core/errors.ts';
import { horizonOf } from '../../db/history/quarters.ts';
import { type Applied, applyReports } from '../../db/reports/apply.ts';
import type { Caller } from '../access/control.ts';
import type { Runtime } from './runtime.ts';
import { outcomesOf } from './telemetry.ts';

interface Received {
  readonly operation: OperationId;
  readonly received: number;
  readonly idempotencyKey: string | null;
  readonly caller: Caller;
}

/** What a translation needs besides the message of this request. */
export function reportingOf(request: Received, runtime: Runtime): Reporting {
  return {
    received: request.received,
    cluster: request.caller.cluster ?? runtime.config.cluster,
    actor: request.caller.actor,
    idempotencyKey: request.idempotencyKey,
    newId: runtime.newId,
  };
}

/**
 * Applies what one message amounts to: its reports together, all or none, in order.
 *
 * @throws KiteError `invalid_request` when a time cannot be believed; `unavailable`, after which the same
 *   message can be sent again
 */
export async function applyMessage(
  runtime: Runtime,
  request: Received,
  reports: readonly Report[],
): Promise<readonly Applied[]> {
  const problems = reports.flatMap((report) => timeProblems(report, request.received));
  if (problems.length > 0) {
    throw new KiteError('invalid_request', {
      problems: problems.map((problem) => ({ ...problem, path: `body.${problem.path}` })),
    });
  }
  try {
    const applied = await send(runtime, request.received, reports, { whole: true, together: true });
    runtime.telemetry.reported(request.operation, outcomesOf(applied.map(({ status }) => status)));
    return applied;
  } catch (error) {
    throw error instanceof KiteError && error.code === 'outcome_unknown'
      ? new KiteError('unavailable', { headers: error.headers, cause: error.cause })
      : error;
  }
}

/**
 * Hands reports that are known to be sound to the database, and gives it up before the request's own
 * deadline, so that what is refused for want of time was not applied.
 */
export async function send(
  runtime: Runtime,
  received: number,
  reports: readonly Report[],
  how: { readonly whole: boolean; readonly together: boolean },
): Promise<readonly Applied[]> {
  const { databaseTimeout, requestTimeout, historyDays } = runtime.config;
  const applied = await applyReports(runtime.database.sql, reports, {
    now: received,
    horizon: horizonOf(received, historyDays),
    newId: runtime.newId,
    patience: Math.min(databaseTimeout, requestTimeout * 0.8),
    ...how,
  });
  if (reports.some((report) => report.observedAt === received)) {
    await nextMillisecond(runtime, received);
  }
  return applied;
}

/**
 * Holds an answer back until the millisecond of its report is over, so that whoever has seen it and then
 * reports anew is observed later, and not in a tie. At most three milliseconds, most often none.
 */
async function nextMillisecond(runtime: Runtime, received: number): Promise<void> {
  for (let waits = 0; waits < 3 && runtime.clock() <= received; waits += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
