import { fromPipelineFailure } from '../../core/contract/from-webhook.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { logsUrlOf } from '../http/logs-url.ts';
import { failed } from '../http/webhook.ts';

export const pipelineFailure = defineHandler('webhooks.pipeline-failure', (request, runtime) =>
  failed('pipeline-failure', request, runtime, (reporting) =>
    fromPipelineFailure(request.body, reporting, logsUrlOf(runtime.config)),
  ),
);
export const handler = lambda(pipelineFailure);
