import { link as operation } from '../../core/contract/operations/issues.ts';
import { linkIssue } from '../../db/issues/link.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const link = defineHandler(operation, async (request, runtime) =>
  answer(201, await linkIssue(runtime.database.sql, actionOf(request, runtime), request.body)),
);
export const handler = lambda(link);
