import { list as operation } from '../../core/contract/operations/issues.ts';
import { listIssues } from '../../db/issues/list.ts';
import { permitList } from '../http/access/lists.ts';
import { showIssues } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

/** How many issues a page has when the caller does not say. */
const defaultLimit = 50;

export const list = defineHandler(operation, async (request, runtime) => {
  const visible = await permitList(runtime, request);
  const { sort, limit, offset, cursor, namespace: _, cluster: __, ...filter } = request.query;
  const page = {
    sort: sort ?? 'detectedAt',
    limit: limit ?? defaultLimit,
    offset: cursor === undefined ? (offset ?? 0) : 0,
    cursor: cursor ?? null,
  };
  const found = await listIssues(runtime.database, { ...filter, ...visible }, page);
  return answer(200, { ...found, data: await showIssues(runtime, request, found.data) });
});
export const handler = lambda(list);
