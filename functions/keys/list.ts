import { list as operation } from '../../core/contract/operations/keys.ts';
import { listKeys } from '../../db/keys/list.ts';
import { permitAdmin } from '../http/access/lists.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

const defaultLimit = 50;

export const list = defineHandler(operation, async (request, runtime) => {
  const { limit, cursor } = request.query;
  const clusters = await permitAdmin(runtime, request);
  const page = { clusters, limit: limit ?? defaultLimit, cursor: cursor ?? null };
  return answer(200, await listKeys(runtime.database.sql, page));
});
export const handler = lambda(list);
