import { apply as operation } from '../../core/contract/operations/reports.ts';
import { type ReportResult, reportCommon, reportInput } from '../../core/contract/reports.ts';
import { fromReportInput } from '../../core/contract/to-report.ts';
import { timeProblems } from '../../core/domain/admission.ts';
import type { Report } from '../../core/domain/report.ts';
import { KiteError, type Problem } from '../../core/errors.ts';
import { checkAccess } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { toProblems } from '../http/problems.ts';
import { reportingOf, send } from '../http/reporting.ts';
import type { Request } from '../http/request.ts';
import type { Runtime } from '../http/runtime.ts';

/** Each report is judged by itself; those that are sound are applied together, all or none. */
export const apply = defineHandler(operation, async (request, runtime) => {
  const judged = request.body.reports.map((input, index) => judge(input, index, request, runtime));
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
  return answer(200, { results });
});
export const handler = lambda(apply);

/** The report that an entry of a batch amounts to, or what is wrong with it. */
function judge(
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
  try {
    checkAccess(runtime, request, parsed.data.namespace);
  } catch (error) {
    if (error instanceof KiteError) {
      return error;
    }
    throw error;
  }
  const key = request.idempotencyKey;
  const report = fromReportInput(parsed.data, {
    ...reportingOf(request, runtime),
    idempotencyKey: key === null ? null : `${key}/${index}`,
  });
  const problems = timeProblems(report, request.received);
  return problems.length === 0
    ? report
    : new KiteError('invalid_request', {
        problems: problems.map((problem) => ({ ...problem, path: `${root}.${problem.path}` })),
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
