import { fromReleaseFailure } from '../../core/contract/from-webhook.ts';
import { releaseFailure as operation } from '../../core/contract/operations/webhooks.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { failed, switchable } from '../http/webhook.ts';

export const releaseFailure = defineHandler(
  operation,
  (request, runtime) => failed(request, runtime, (reporting) => fromReleaseFailure(request.body, reporting)),
  switchable('release-failure'),
);
export const handler = lambda(releaseFailure);
