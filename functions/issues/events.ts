import { events as operation } from '../../core/contract/operations/issues.ts';
import { listEvents } from '../../db/issues/events.ts';
import { findPermitted } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

const defaultLimit = 50;

export const events = defineHandler(operation, async (request, runtime) => {
  const { limit, cursor } = request.query;
  const { key } = await findPermitted(runtime, request, request.params.id);
  const page = await listEvents(runtime.database, key, {
    limit: limit ?? defaultLimit,
    cursor: cursor ?? null,
  });
  return answer(200, page);
});
export const handler = lambda(events);
