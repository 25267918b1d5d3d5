import { events as operation } from '../../core/contract/operations/issues.ts';
import { listEvents } from '../../db/issues/events.ts';
import { checkAccess } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

const defaultLimit = 50;

export const events = defineHandler(operation, async (request, runtime) => {
  const { limit, cursor } = request.query;
  const { namespace, ...page } = await listEvents(runtime.database, request.params.id, {
    limit: limit ?? defaultLimit,
    cursor: cursor ?? null,
  });
  checkAccess(runtime, request, namespace);
  return answer(200, page);
});
export const handler = lambda(events);
