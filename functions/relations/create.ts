import { create as operation } from '../../core/contract/operations/relations.ts';
import { KiteError } from '../../core/errors.ts';
import { createRelation } from '../../db/relations/create.ts';
import { permitEnds } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const create = defineHandler(operation, async (request, runtime) => {
  const sourceId = request.params.id.toLowerCase();
  const targetId = request.body.relatedId.toLowerCase();
  if (sourceId === targetId) {
    throw new KiteError('invalid_request', {
      problems: [{ path: 'body.relatedId', message: 'is the issue itself; name another one' }],
    });
  }
  await permitEnds(runtime, request, sourceId, targetId);
  await createRelation(runtime.database.sql, {
    relationId: runtime.newId(),
    sourceId,
    targetId,
    now: request.received,
    actor: request.caller.actor,
    requestId: request.requestId,
  });
  return answer(201, { message: 'Relationship created' });
});
export const handler = lambda(create);
