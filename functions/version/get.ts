import { version as operation } from '../../core/contract/operations/about.ts';
import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const get = defineHandler(operation, async () => answer(200, about));
export const handler = lambda(get);
