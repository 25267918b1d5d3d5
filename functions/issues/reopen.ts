import { reopen as operation } from '../../core/contract/operations/issues.ts';
import { reopenIssue } from '../../db/issues/reopen.ts';
import { actionOf } from '../http/acting.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

export const reopen = defineHandler(operation, async (request, runtime) =>
  answer(200, await reopenIssue(runtime.database.sql, actionOf(request, runtime))),
);
export const handler = lambda(reopen);
