import { list as operation } from '../../core/contract/operations/reports.ts';
import { listReports } from '../../db/reports/list.ts';
import { permitList } from '../http/access/lists.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

const defaultLimit = 50;

export const list = defineHandler(operation, async (request, runtime) => {
  const { pipelineRun, limit, cursor } = request.query;
  const visible = await permitList(runtime, request);
  const page = { limit: limit ?? defaultLimit, cursor: cursor ?? null };
  return answer(200, await listReports(runtime.database.sql, { ...visible, ...page, pipelineRun }));
});
export const handler = lambda(list);
