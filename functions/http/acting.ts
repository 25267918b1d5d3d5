import type { Action } from '../../db/issues/act.ts';
import type { Asking } from './access/questions.ts';
import type { Runtime } from './runtime.ts';

/** What a person's request does to an issue, as the database is told. */
export function actionOf(
  request: Asking & {
    readonly params: { readonly id: string };
    readonly idempotencyKey: string | null;
  },
  runtime: Runtime,
): Action {
  return {
    id: request.params.id.toLowerCase(),
    now: request.received,
    eventId: request.idempotencyKey ?? runtime.newId(),
    actor: request.caller.actor,
    requestId: request.requestId,
  };
}
