import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const get = defineHandler('version.get', async () => answer(200, about));
export const handler = lambda(get);
