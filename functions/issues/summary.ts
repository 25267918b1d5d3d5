import { summary as operation } from '../../core/contract/operations/issues.ts';
import { summariseIssues } from '../../db/issues/summary.ts';
import { permitList } from '../http/access/lists.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const summary = defineHandler(operation, async (request, runtime) => {
  return answer(200, await summariseIssues(runtime.database, await permitList(runtime, request)));
});
export const handler = lambda(summary);
