import { link as operation } from '../../core/contract/operations/issues.ts';
import { linkIssue } from '../../db/issues/link.ts';
import { permitIssue, showIssue } from '../http/access.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const link = defineHandler(operation, async (request, runtime) => {
  await permitIssue(runtime, request, request.params.id);
  const issue = await linkIssue(runtime.database.sql, actionOf(request, runtime), request.body);
  return answer(201, await showIssue(runtime, request, issue));
});
export const handler = lambda(link);
