import { openapiDocument } from '../../core/contract/openapi.ts';
import { openapi as operation } from '../../core/contract/operations/about.ts';
import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

let document: Record<string, unknown> | undefined;

export const get = defineHandler(operation, async () => {
  document ??= openapiDocument(about);
  return answer(200, document);
});
export const handler = lambda(get);
