import { openapiDocument } from '../../core/contract/openapi.ts';
import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

let document: Record<string, unknown> | undefined;

export const get = defineHandler('openapi.get', async () => {
  document ??= openapiDocument(about);
  return answer(200, document);
});
export const handler = lambda(get);
