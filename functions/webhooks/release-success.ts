import { fromReleaseSuccess } from '../../core/contract/from-webhook.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { passed } from '../http/webhook.ts';

export const releaseSuccess = defineHandler('webhooks.release-success', (request, runtime) =>
  passed(
    'release-success',
    request,
    runtime,
    (reporting) => fromReleaseSuccess(request.body, reporting),
    `application ${request.body.application}`,
  ),
);
export const handler = lambda(releaseSuccess);
