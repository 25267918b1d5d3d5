import { resolve as operation } from '../../core/contract/operations/issues.ts';
import { resolveIssue } from '../../db/issues/resolve.ts';
import { permitIssue, showIssue } from '../http/access.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const resolve = defineHandler(operation, async (request, runtime) => {
  await permitIssue(runtime, request, request.params.id);
  const issue = await resolveIssue(runtime.database.sql, actionOf(request, runtime));
  return answer(200, await showIssue(runtime, request, issue));
});
export const handler = lambda(resolve);
