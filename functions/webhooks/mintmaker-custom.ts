import { fromMintmaker } from '../../core/contract/from-webhook.ts';
import { mintmakerCustom as operation } from '../../core/contract/operations/webhooks.ts';
import { permitReport } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { reportingOf } from '../http/reporting.ts';
import { failed, switchable } from '../http/webhook.ts';

export const mintmakerCustom = defineHandler(
  operation,
  async (request, runtime) => {
    if (request.body.logs.length === 0) {
      const { cluster } = reportingOf(request, runtime);
      await permitReport(runtime, request, {
        cluster: request.body.cluster ?? cluster,
        namespace: request.body.namespace,
      });
      return answer(200, { info: 'No logs provided, no issue created' });
    }
    return failed(request, runtime, (reporting) => fromMintmaker(request.body, reporting));
  },
  switchable('mintmaker-custom'),
);
export const handler = lambda(mintmakerCustom);
