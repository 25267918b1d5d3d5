import type { Answer } from '../../../core/contract/client/types.ts';
import type { IssueEvent } from '../../../core/contract/issue.ts';
import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { isData } from '../output/output.ts';
import { findIssue, namespaceQuery } from './find.ts';
import { screen } from './screen.ts';

/** What is typed with it. */
export interface Options {
  /** As KITE's own command line has it. */
  readonly id?: string;
  readonly events?: number;
}

const usualEvents = 10;
const pageSize = 200;

export async function run(work: Work): Promise<void> {
  const { id, events = usualEvents }: Options = work.options;
  const typed = work.args[0] ?? id;
  if (typed === undefined)
    throw new UsageError(`which issue? Say its id, as "${work.program} issues" lists it`);
  const issue = await findIssue(work, typed);
  if (isData(work.out.format)) {
    await work.out.data(issue);
    return;
  }
  const timeline = await timelineOf(work, issue.id, events);
  const { io, out } = work;
  await out.text(...screen(issue, timeline, io.surroundings.now(), io.size()?.columns ?? null, out.styles));
}

/** @param most how many entries at most; 0 is all of them */
async function timelineOf(
  work: Work,
  id: string,
  most: number,
): Promise<{ readonly events: readonly IssueEvent[]; readonly isWhole: boolean }> {
  const client = await work.client();
  const query = await namespaceQuery(work);
  const events: IssueEvent[] = [];
  let cursor: string | null = null;
  do {
    const left = most === 0 ? pageSize : Math.min(pageSize, most - events.length);
    const { body }: Answer<'issues.events'> = await client.call('issues.events', {
      params: { id },
      query: { ...query, limit: left, cursor: cursor ?? undefined },
    });
    events.push(...body.data);
    cursor = body.nextCursor;
  } while (cursor !== null && (most === 0 || events.length < most));
  return { events, isWhole: cursor === null };
}
