import { summary as operation } from '../../core/contract/operations/issues.ts';
import { summariseIssues } from '../../db/issues/summary.ts';
import { requireNamespace } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const summary = defineHandler(operation, async (request, runtime) => {
  requireNamespace(runtime, request);
  return answer(200, await summariseIssues(runtime.database, request.query));
});
export const handler = lambda(summary);
