import type { Action } from '../../db/issues/act.ts';
import { type Asking, checkAccess } from './access.ts';
import type { Runtime } from './runtime.ts';

/** What a person's request does to an issue, as the database is told. */
export function actionOf(
  request: Asking & {
    readonly params: { readonly id: string };
    readonly received: number;
    readonly idempotencyKey: string | null;
  },
  runtime: Runtime,
): Action {
  return {
    id: request.params.id,
    now: request.received,
    eventId: request.idempotencyKey ?? runtime.newId(),
    actor: null,
    permit: (identity) => checkAccess(runtime, request, identity.namespace),
  };
}
