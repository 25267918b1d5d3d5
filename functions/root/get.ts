import { root as operation } from '../../core/contract/operations/about.ts';
import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const get = defineHandler(operation, async () =>
  answer(200, {
    ...about,
    links: {
      docs: '/api/v1/openapi.json',
      openapi: '/api/v1/openapi.json',
      health: '/api/v1/health',
      issues: '/api/v1/issues?namespace=NAME',
    },
  }),
);
export const handler = lambda(get);
