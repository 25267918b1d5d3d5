import { resolve as operation } from '../../core/contract/operations/issues.ts';
import { resolveIssue } from '../../db/issues/resolve.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const resolve = defineHandler(operation, async (request, runtime) =>
  answer(200, await resolveIssue(runtime.database.sql, actionOf(request, runtime))),
);
export const handler = lambda(resolve);
