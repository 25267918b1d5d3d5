import { remove as operation } from '../../core/contract/operations/relations.ts';
import { deleteRelation } from '../../db/relations/delete.ts';
import { checkAccess } from '../http/access.ts';
import { empty } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const remove = defineHandler(operation, async (request, runtime) => {
  await deleteRelation(runtime.database.sql, {
    oneId: request.params.id.toLowerCase(),
    otherId: request.params.relatedId.toLowerCase(),
    permit: (namespace) => checkAccess(runtime, request, namespace),
  });
  return empty(204);
});
export const handler = lambda(remove);
