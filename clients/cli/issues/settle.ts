import type { Issue } from '../../../core/contract/issue.ts';
import type { Work } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { checkId, findId, inShort, namespaceQuery } from './find.ts';

/**
 * Resolves or reopens one issue after the other; one that fails does not stop the next. What is no id stops all of them before
 * the first.
 *
 * @returns the exit code
 */
async function settle(work: Work, operation: 'issues.resolve' | 'issues.reopen', typed: readonly string[]) {
  if (typed.length === 0) {
    throw new UsageError(`which issues? Say their ids, as "${work.program} issues" lists them`);
  }
  for (const one of typed) checkId(work, one);
  const client = await work.client();
  const query = await namespaceQuery(work);
  const done: Issue[] = [];
  let failures = 0;
  for (const one of typed) {
    try {
      const id = await findId(work, one);
      const { body } = await client.call(operation, { params: { id }, query });
      done.push(body);
      if (!isData(work.out.format)) {
        await work.out.text(`${operation === 'issues.resolve' ? 'Resolved' : 'Reopened'} ${inShort(body)}`);
      }
    } catch (error) {
      if (typed.length === 1 || error instanceof UsageError) throw error;
      failures += 1;
      work.io.note(`${work.program}: ${one}: ${work.explain(error)}`);
    }
  }
  if (isData(work.out.format)) await work.out.data(typed.length === 1 ? done[0] : done);
  if (failures > 0) throw new Failure(`${failures} of ${typed.length} failed`);
  return exitCodes.done;
}

function idsOf(work: Work): readonly string[] {
  const { id }: { readonly id?: string } = work.options;
  return [...work.args, ...(id === undefined ? [] : [id])];
}

export const resolve = (work: Work): Promise<number> => settle(work, 'issues.resolve', idsOf(work));
export const reopen = (work: Work): Promise<number> => settle(work, 'issues.reopen', idsOf(work));
