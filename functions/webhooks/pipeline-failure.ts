import { fromPipelineFailure } from '../../core/contract/from-webhook.ts';
import { pipelineFailure as operation } from '../../core/contract/operations/webhooks.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { logsUrlOf } from '../http/logs-url.ts';
import { failed, switchable } from '../http/webhook.ts';

export const pipelineFailure = defineHandler(
  operation,
  (request, runtime) =>
    failed(request, runtime, (reporting) =>
      fromPipelineFailure(request.body, reporting, logsUrlOf(runtime.config)),
    ),
  switchable('pipeline-failure'),
);
export const handler = lambda(pipelineFailure);
