import { list as operation } from '../../core/contract/operations/issues.ts';
import { listIssues } from '../../db/issues/list.ts';
import { requireNamespace } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

/** How many issues a page has when the caller does not say. */
const defaultLimit = 50;

export const list = defineHandler(operation, async (request, runtime) => {
  requireNamespace(runtime, request);
  const { sort, limit, offset, cursor, ...filter } = request.query;
  const page = {
    sort: sort ?? 'detectedAt',
    limit: limit ?? defaultLimit,
    offset: cursor === undefined ? (offset ?? 0) : 0,
    cursor: cursor ?? null,
  };
  return answer(200, await listIssues(runtime.database, filter, page));
});
export const handler = lambda(list);
