import { fromReleaseSuccess } from '../../core/contract/from-webhook.ts';
import { releaseSuccess as operation } from '../../core/contract/operations/webhooks.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { passed, switchable } from '../http/webhook.ts';

export const releaseSuccess = defineHandler(
  operation,
  (request, runtime) =>
    passed(
      request,
      runtime,
      (reporting) => fromReleaseSuccess(request.body, reporting),
      `application ${request.body.application}`,
    ),
  switchable('release-success'),
);
export const handler = lambda(releaseSuccess);
