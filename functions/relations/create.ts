import { create as operation } from '../../core/contract/operations/relations.ts';
import { KiteError } from '../../core/errors.ts';
import { createRelation } from '../../db/relations/create.ts';
import { checkAccess } from '../http/access.ts';
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
  await createRelation(runtime.database.sql, {
    relationId: runtime.newId(),
    sourceId,
    targetId,
    now: request.received,
    permit: (source, target) => {
      checkAccess(runtime, request, source);
      checkAccess(runtime, { ...request, query: { namespace: request.query.namespace ?? source } }, target);
    },
  });
  return answer(201, { message: 'Relationship created' });
});
export const handler = lambda(create);
