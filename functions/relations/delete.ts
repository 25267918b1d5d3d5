import { remove as operation } from '../../core/contract/operations/relations.ts';
import { deleteRelation } from '../../db/relations/delete.ts';
import { permitEnds } from '../http/access.ts';
import { empty } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const remove = defineHandler(operation, async (request, runtime) => {
  const oneId = request.params.id.toLowerCase();
  const otherId = request.params.relatedId.toLowerCase();
  await permitEnds(runtime, request, oneId, otherId, { acrossNamespaces: true });
  await deleteRelation(runtime.database.sql, {
    oneId,
    otherId,
    now: request.received,
    actor: request.caller.actor,
    requestId: request.requestId,
  });
  return empty(204);
});
export const handler = lambda(remove);
