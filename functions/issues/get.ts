import { get as operation } from '../../core/contract/operations/issues.ts';
import { getIssue } from '../../db/issues/get.ts';
import { permitIssue, showIssue } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const get = defineHandler(operation, async (request, runtime) => {
  await permitIssue(runtime, request, request.params.id);
  const issue = await getIssue(runtime.database.sql, request.params.id);
  return answer(200, await showIssue(runtime, request, issue));
});
export const handler = lambda(get);
