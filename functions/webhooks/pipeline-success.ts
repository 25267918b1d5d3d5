import { fromPipelineSuccess } from '../../core/contract/from-webhook.ts';
import { pipelineSuccess as operation } from '../../core/contract/operations/webhooks.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { passed, switchable } from '../http/webhook.ts';

export const pipelineSuccess = defineHandler(
  operation,
  (request, runtime) =>
    passed(
      request,
      runtime,
      (reporting) => fromPipelineSuccess(request.body, reporting),
      `pipeline ${request.body.pipelineName}`,
    ),
  switchable('pipeline-success'),
);
export const handler = lambda(pipelineSuccess);
