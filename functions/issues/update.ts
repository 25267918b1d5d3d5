import { update as operation } from '../../core/contract/operations/issues.ts';
import { distinctLinks } from '../../core/contract/to-report.ts';
import type { Identity } from '../../core/domain/report.ts';
import { KiteError, type Problem } from '../../core/errors.ts';
import { updateIssue } from '../../db/issues/update.ts';
import { findPermitted, showIssue } from '../http/access.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import type { Request } from '../http/request.ts';

export const update = defineHandler(operation, async (request, runtime) => {
  const { title, description, severity, labels, dueAt, links, state } = request.body;
  const { identity } = await findPermitted(runtime, request, request.params.id);
  refuseMove(request.body, identity);
  const issue = await updateIssue(runtime.database.sql, actionOf(request, runtime), {
    fields: {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(severity === undefined ? {} : { severity }),
      ...(labels === undefined ? {} : { labels }),
      ...(dueAt === undefined ? {} : { dueAt }),
    },
    ...(links == null ? {} : { links: distinctLinks(links) }),
    ...(state === undefined ? {} : { state }),
  });
  return answer(200, await showIssue(runtime, request, issue));
});
export const handler = lambda(update);

/** What identifies an issue may be repeated, and cannot be changed. */
function refuseMove(body: Request<typeof operation>['body'], identity: Identity): void {
  if (body.namespace !== undefined && body.namespace !== identity.namespace) {
    throw new KiteError('namespace_mismatch', {
      message: 'An issue cannot be moved to another namespace; leave namespace out.',
    });
  }
  const { scope } = body;
  const differing: [string, string | null | undefined, string][] = [
    ['body.issueType', body.issueType, identity.issueType],
    ['body.cluster', body.cluster, identity.cluster],
    ['body.scope.resourceType', scope?.resourceType, identity.scope.resourceType],
    ['body.scope.resourceName', scope?.resourceName, identity.scope.resourceName],
    ['body.scope.resourceNamespace', scope?.resourceNamespace || undefined, identity.scope.resourceNamespace],
  ];
  const problems = differing.flatMap(([path, given, present]): Problem[] =>
    given === undefined || given === present
      ? []
      : [
          {
            path,
            message: 'identifies the issue and cannot be changed; leave it out or repeat it unchanged',
          },
        ],
  );
  if (problems.length > 0) {
    throw new KiteError('invalid_request', { problems });
  }
}
