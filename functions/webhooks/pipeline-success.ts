import { fromPipelineSuccess } from '../../core/contract/from-webhook.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { passed } from '../http/webhook.ts';

export const pipelineSuccess = defineHandler('webhooks.pipeline-success', (request, runtime) =>
  passed(
    'pipeline-success',
    request,
    runtime,
    (reporting) => fromPipelineSuccess(request.body, reporting),
    `pipeline ${request.body.pipelineName}`,
  ),
);
export const handler = lambda(pipelineSuccess);
