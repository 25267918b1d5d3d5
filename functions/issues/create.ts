import { create as operation } from '../../core/contract/operations/issues.ts';
import { distinctLinks, toReport, toScope } from '../../core/contract/to-report.ts';
import type { Report } from '../../core/domain/report.ts';
import { permitReport, showIssue } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { applyMessage, reportingOf } from '../http/reporting.ts';

/** A failure; with `state: RESOLVED` its resolution too, one millisecond later. */
export const create = defineHandler(operation, async (request, runtime) => {
  const { body } = request;
  const failing = toReport(
    {
      namespace: body.namespace,
      scope: toScope(body.scope, body.namespace),
      issueType: body.issueType,
      source: 'api',
      outcome: 'failing',
      failure: {
        title: body.title,
        description: body.description,
        severity: body.severity,
        links: distinctLinks(body.links),
        dueAt: body.dueAt ?? null,
      },
    },
    body,
    reportingOf(request, runtime),
  );
  const mayRead = await permitReport(runtime, request, failing.identity);
  const reports = body.state === 'RESOLVED' ? [failing, resolutionOf(failing)] : [failing];
  const applied = await applyMessage(runtime, request, reports);
  const issue = applied.at(-1)?.issue ?? null;
  return answer(201, mayRead && issue !== null ? await showIssue(runtime, request, issue) : null);
});
export const handler = lambda(create);

/** The passing report that directly follows a failure which was over when it was told. */
function resolutionOf(failing: Report): Report {
  return {
    ...failing,
    outcome: 'passing',
    observedAt: failing.observedAt + 1,
    source: `${failing.source}/resolution`,
    failure: null,
  };
}
