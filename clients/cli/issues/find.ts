import type { Issue } from '../../../core/contract/issue.ts';
import type { Work } from '../command.ts';
import { Failure, UsageError } from '../failure.ts';
import { line } from '../output/plain.ts';
import { needNamespace } from '../target/namespace.ts';
import { shortId } from './columns.ts';

const whole = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const beginning = /^[0-9a-f]{8}(-?[0-9a-f]){0,24}-?$/i;
/** Of one beginning so many are looked at: two are too many already. */
const shown = 5;

/** What an operation on one issue is told of the namespace: only what was said for this call. */
export async function namespaceQuery(work: Work): Promise<{ readonly namespace?: string }> {
  const target = await work.target();
  const namespace = target.isNamespaceAsked ? await target.namespace() : null;
  return namespace !== null && !namespace.includes(',') ? { namespace } : {};
}

/** @throws UsageError where it is neither an id nor the beginning of one */
export function checkId(work: Work, typed: string): void {
  if (whole.test(typed) || beginning.test(typed)) return;
  throw new UsageError(
    `${JSON.stringify(line(typed))} is no id: take the first 8 characters of one, or all of it, as "${work.program} issues" lists them`,
  );
}

/**
 * The id of the issue that a person means: whole, or its beginning, which is looked up in the namespace.
 *
 * @throws UsageError, Failure
 */
export async function findId(work: Work, typed: string): Promise<string> {
  checkId(work, typed);
  if (whole.test(typed)) return typed.toLowerCase();
  const client = await work.client();
  const namespace = await needNamespace(await work.target());
  const { body } = await client.call('issues.list', {
    query: { namespace, idPrefix: typed.toLowerCase(), limit: shown },
  });
  const [first, ...others] = body.data;
  if (first === undefined) {
    throw new Failure(
      `no issue in ${namespace} begins with ${typed}; it may be in another namespace (-n), or you may not see it`,
    );
  }
  if (others.length === 0) return first.id;
  const titles = body.data.map(({ id, title }) => `${line(id)} (${line(title)})`);
  throw new Failure(`${typed} is the beginning of ${body.total} issues; take one of ${titles.join(', ')}`);
}

/** The issue that a person means. */
export async function findIssue(work: Work, typed: string): Promise<Issue> {
  const id = await findId(work, typed);
  const client = await work.client();
  const { body } = await client.call('issues.get', { params: { id }, query: await namespaceQuery(work) });
  return body;
}

/** An issue in a few words, for a line that says what was done with it. */
export const inShort = ({ id, title }: Pick<Issue, 'id' | 'title'>): string =>
  `${shortId(id)} ${line(title)}`;
