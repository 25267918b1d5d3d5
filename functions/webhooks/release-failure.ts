import { fromReleaseFailure } from '../../core/contract/from-webhook.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { failed, switchable } from '../http/webhook.ts';

export const releaseFailure = defineHandler(
  'webhooks.release-failure',
  (request, runtime) => failed(request, runtime, (reporting) => fromReleaseFailure(request.body, reporting)),
  switchable('release-failure'),
);
export const handler = lambda(releaseFailure);
