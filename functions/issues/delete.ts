import { remove as operation } from '../../core/contract/operations/issues.ts';
import { deleteIssue } from '../../db/issues/delete.ts';
import { permitIssue } from '../http/access.ts';
import { actionOf } from '../http/acting.ts';
import { empty } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const remove = defineHandler(operation, async (request, runtime) => {
  await permitIssue(runtime, request, request.params.id);
  await deleteIssue(runtime.database.sql, actionOf({ ...request, idempotencyKey: null }, runtime));
  return empty(204);
});
export const handler = lambda(remove);
