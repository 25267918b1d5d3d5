import { get as operation } from '../../core/contract/operations/issues.ts';
import { getIssue } from '../../db/issues/get.ts';
import { checkAccess } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const get = defineHandler(operation, async (request, runtime) => {
  const issue = await getIssue(runtime.database.sql, request.params.id);
  checkAccess(runtime, request, issue.namespace);
  return answer(200, issue);
});
export const handler = lambda(get);
