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
  const { namespace, isNamespaceAsked } = await work.target();
  return isNamespaceAsked && namespace !== null && !namespace.includes(',') ? { namespace } : {};
}

/**
 * The id of the issue that a person means: whole, or its beginning, which is looked up in the namespace.
 *
 * @throws UsageError, Failure
 */
export async function findId(work: Work, typed: string): Promise<string> {
  if (whole.test(typed)) return typed.toLowerCase();
  if (!beginning.test(typed)) {
    throw new UsageError(
      `${JSON.stringify(line(typed))} is no id: take the first 8 characters of one, or all of it, as "${work.program} issues" lists them`,
    );
  }
  const client = await work.client();
  const namespace = needNamespace(await work.target());
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
