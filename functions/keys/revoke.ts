import { revoke as operation } from '../../core/contract/operations/keys.ts';
import { revokeKey } from '../../db/keys/revoke.ts';
import { permitAdmin } from '../http/access/lists.ts';
import { empty } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const revoke = defineHandler(operation, async (request, runtime) => {
  const clusters = await permitAdmin(runtime, request);
  await revokeKey(runtime.database.sql, {
    id: request.params.id,
    clusters,
    now: request.received,
    actor: request.caller.actor,
    requestId: request.requestId,
  });
  return empty(204);
});
export const handler = lambda(revoke);
