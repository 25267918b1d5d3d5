import { fromReleaseFailure } from '../../core/contract/from-webhook.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { failed } from '../http/webhook.ts';

export const releaseFailure = defineHandler('webhooks.release-failure', (request, runtime) =>
  failed('release-failure', request, runtime, (reporting) => fromReleaseFailure(request.body, reporting)),
);
export const handler = lambda(releaseFailure);
