import { apply as operation } from '../../core/contract/operations/reports.ts';
import { type ReportResult, reportCommon, reportInput } from '../../core/contract/reports.ts';
import { fromReportInput } from '../../core/contract/to-report.ts';
import { timeProblems } from '../../core/domain/admission.ts';
import type { Report } from '../../core/domain/report.ts';
import { KiteError, type Problem } from '../../core/errors.ts';
import { judgeReports } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { toProblems } from '../http/problems.ts';
import { reportingOf, send } from '../http/reporting.ts';
import type { Request } from '../http/request.ts';
import type { Runtime } from '../http/runtime.ts';
import { outcomesOf } from '../http/telemetry.ts';

/** Each report is judged by itself; those that are sound are applied together, all or none. */
export const apply = defineHandler(operation, async (request, runtime) => {
  const read = request.body.reports.map((input, index) => readReport(input, index, request, runtime));
  const forbids = await judgeReports(
    runtime,
    request,
    read.flatMap((report) => (report instanceof KiteError ? [] : [report.identity])),
  );
  const judged = read.map((report, index) =>
    report instanceof KiteError
      ? report
      : (forbids(report.identity) ?? believed(report, index, request.received)),
  );
  const sound = judged.filter((report): report is Report => !(report instanceof KiteError));
  const applied =
    sound.length === 0 ? [] : await send(runtime, request.received, sound, { whole: false, together: false });
  let next = 0;
  const results = judged.map((report, index): ReportResult => {
    if (report instanceof KiteError) {
      return { index, status: 'rejected', error: describe(report) };
    }
    const answer = applied[next];
    next += 1;
    return {
      index,
      status: answer?.status ?? 'stale',
      ...(answer?.issueId ? { issueId: answer.issueId } : {}),
    };
  });
  runtime.telemetry.reported(operation.id, outcomesOf(results.map(({ status }) => status)));
  return answer(200, { results });
});
export const handler = lambda(apply);

/** The report that an entry of a batch amounts to, or what is wrong with its form. */
function readReport(
  input: unknown,
  index: number,
  request: Request<typeof operation>,
  runtime: Runtime,
): Report | KiteError {
  const root = `body.reports.${index}`;
  const parsed = reportInput.safeParse(input, { reportInput: true });
  if (!parsed.success) {
    return new KiteError('invalid_request', {
      problems: [...toProblems(root, parsed.error.issues), ...rest(input, parsed.error.issues, root)],
    });
  }
  const key = request.idempotencyKey;
  return fromReportInput(parsed.data, {
    ...reportingOf(request, runtime),
    idempotencyKey: key === null ? null : `${key}/${index}`,
  });
}

/** The report, unless its times cannot be believed. */
function believed(report: Report, index: number, received: number): Report | KiteError {
  const problems = timeProblems(report, received);
  return problems.length === 0
    ? report
    : new KiteError('invalid_request', {
        problems: problems.map((problem) => ({ ...problem, path: `body.reports.${index}.${problem.path}` })),
      });
}

/** Where the outcome is wrong, nothing else has been looked at yet: what is wrong with the rest. */
function rest(
  input: unknown,
  found: readonly { readonly path: readonly PropertyKey[] }[],
  root: string,
): readonly Problem[] {
  if (!found.some((issue) => issue.path[0] === 'outcome')) {
    return [];
  }
  const parsed = reportCommon.safeParse(input, { reportInput: true });
  return parsed.success ? [] : toProblems(root, parsed.error.issues);
}

function describe(error: KiteError): NonNullable<ReportResult['error']> {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    details: [...error.problems],
  };
}
