import { fromMintmaker } from '../../core/contract/from-webhook.ts';
import { checkAccess } from '../http/access.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import { failed, switchable } from '../http/webhook.ts';

export const mintmakerCustom = defineHandler(
  'webhooks.mintmaker-custom',
  async (request, runtime) => {
    if (request.body.logs.length === 0) {
      checkAccess(runtime, request, request.body.namespace);
      return answer(200, { info: 'No logs provided, no issue created' });
    }
    return failed(request, runtime, (reporting) => fromMintmaker(request.body, reporting));
  },
  switchable('mintmaker-custom'),
);
export const handler = lambda(mintmakerCustom);
