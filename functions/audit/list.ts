import { list as operation } from '../../core/contract/operations/audit.ts';
import { listAudit } from '../../db/audit/list.ts';
import { permitAdmin } from '../http/access/lists.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

const defaultLimit = 50;

export const list = defineHandler(operation, async (request, runtime) => {
  const { cluster, limit, cursor, ...filter } = request.query;
  const clusters = await permitAdmin(runtime, request, cluster === undefined ? undefined : [cluster]);
  const page = { clusters, limit: limit ?? defaultLimit, cursor: cursor ?? null };
  return answer(200, await listAudit(runtime.database.sql, { ...filter, ...page }));
});
export const handler = lambda(list);
