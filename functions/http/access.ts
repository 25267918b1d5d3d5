import type { Issue, Relation } from '../../core/contract/issue.ts';
import { KiteError } from '../../core/errors.ts';
import { type FoundIssue, findIssues } from '../../db/issues/find.ts';
import { issueNotFound } from '../../db/issues/lock.ts';
import type { Caller, Place } from '../access/control.ts';
import { type Asking, ask, askAll, deny, forbidden, nameOf, reaches, rightOf } from './access/questions.ts';
import type { Runtime } from './runtime.ts';

/** A place that is one, of an issue or a report. */
interface Exact extends Place {
  readonly cluster: string;
  readonly namespace: string;
}

/**
 * Holds a request to the namespace that it names.
 *
 * @throws KiteError `namespace_mismatch`
 */
function holdToNamespace(runtime: Runtime, request: Asking, namespace: string): void {
  const asked = request.query?.namespace;
  if (runtime.config.namespaceCheck && asked !== undefined && asked !== namespace) {
    throw new KiteError('namespace_mismatch', {
      message: `The query’s namespace is not the one that is ${request.access === 'read' ? 'read' : 'written'}; ask for one and the same.`,
    });
  }
}

/**
 * Lets a message be written where it says.
 *
 * @returns whether its sender may also see what is there
 * @throws KiteError `forbidden`, `namespace_mismatch`, `unavailable`
 */
export async function permitReport(runtime: Runtime, request: Asking, place: Exact): Promise<boolean> {
  const right = rightOf(request);
  const [mayWrite, mayRead] = await Promise.all([
    ask(runtime, request.caller, right, place),
    ask(runtime, request.caller, 'read', place),
  ]);
  if (!mayWrite) {
    throw forbidden(runtime, request, right, place);
  }
  holdToNamespace(runtime, request, place.namespace);
  return mayRead;
}

/**
 * Judges the reports of a batch, each by itself.
 *
 * @returns what forbids a report of a place; null when nothing does
 * @throws KiteError `unavailable`
 */
export async function judgeReports(
  runtime: Runtime,
  request: Asking,
  places: readonly Exact[],
): Promise<(place: Exact) => KiteError | null> {
  const right = rightOf(request);
  const isAllowed = await askAll(runtime, request.caller, right, places);
  const refused = new Map<string, KiteError>();
  return (place) => {
    if (!isAllowed(place)) {
      const error = refused.get(nameOf(place)) ?? forbidden(runtime, request, right, place);
      refused.set(nameOf(place), error);
      return error;
    }
    try {
      holdToNamespace(runtime, request, place.namespace);
    } catch (error) {
      if (error instanceof KiteError) {
        return error;
      }
      throw error;
    }
    return null;
  };
}

/**
 * Finds issues that the caller may see and do this with, in the order of the ids. What one may not see answers as what
 * is not there, after as many questions: of a no that is believed, two issues of one place could be told from none. Asked before anything is locked: what an issue is about never changes.
 *
 * @throws KiteError `not_found`, `forbidden`, `namespace_mismatch`, `unavailable`
 */
async function findAll(
  runtime: Runtime,
  request: Asking,
  ids: readonly string[],
): Promise<readonly FoundIssue[]> {
  const right = rightOf(request);
  const { caller } = request;
  const found = new Map((await findIssues(runtime.database.sql, ids)).map((issue) => [issue.id, issue]));
  const judged = await Promise.all(
    ids.map(async (id) => {
      const issue = found.get(id.toLowerCase());
      const place = issue?.identity ?? nowhere(runtime, caller, id);
      const isReached = reaches(caller, place.cluster);
      const asked = isReached ? place : nowhere(runtime, caller, id);
      const [maySee, mayDo] = await Promise.all([
        ask(runtime, caller, 'read', asked, { anew: true }),
        right === 'read' ? true : ask(runtime, caller, right, asked, { anew: true }),
      ]);
      return { issue, maySee: maySee && isReached, mayDo };
    }),
  );
  const permitted: FoundIssue[] = [];
  for (const { issue, maySee } of judged) {
    if (issue === undefined || !maySee) {
      if (issue !== undefined) {
        deny(runtime, request, 'read', issue.identity);
      }
      throw issueNotFound();
    }
    permitted.push(issue);
  }
  for (const { issue, mayDo } of judged) {
    if (issue !== undefined && !mayDo) {
      throw forbidden(runtime, request, right, issue.identity);
    }
  }
  for (const { identity } of permitted) {
    holdToNamespace(runtime, request, identity.namespace);
  }
  return permitted;
}

/** Where no issue is: asking about it takes as long as about a place that there is. */
function nowhere({ config }: Runtime, { cluster, clusters }: Caller, id: string): Exact {
  return { cluster: cluster ?? clusters?.[0] ?? config.cluster, namespace: `no issue ${id.toLowerCase()}` };
}

/**
 * Finds an issue that the caller may see and do this with.
 *
 * @throws KiteError `not_found`, `forbidden`, `namespace_mismatch`, `unavailable`
 */
export async function findPermitted(runtime: Runtime, request: Asking, id: string): Promise<FoundIssue> {
  const [issue] = await findAll(runtime, request, [id]);
  if (issue === undefined) {
    throw issueNotFound();
  }
  return issue;
}

/**
 * The same, for who need not know more of it. Where nobody is asked who they are and no namespace is
 * named, there is nothing to look up.
 *
 * @throws KiteError `not_found`, `forbidden`, `namespace_mismatch`, `unavailable`
 */
export async function permitIssue(runtime: Runtime, request: Asking, id: string): Promise<void> {
  if (runtime.access.isOn || (runtime.config.namespaceCheck && request.query?.namespace !== undefined)) {
    await findAll(runtime, request, [id]);
  }
}

/**
 * Lets two issues be related, or no longer: both are written. Where nobody is asked who they are, both must be in one
 * namespace, unless this server compares none.
 *
 * @throws KiteError `not_found`, `forbidden`, `namespace_mismatch`, `unavailable`
 */
export async function permitEnds(
  runtime: Runtime,
  request: Asking,
  oneId: string,
  otherId: string,
  { acrossNamespaces = runtime.access.isOn } = {},
): Promise<void> {
  const [one, other] = await findAll(runtime, request, [oneId, otherId]);
  if (!acrossNamespaces && one !== undefined && other !== undefined) {
    const namespace = request.query?.namespace ?? one.identity.namespace;
    holdToNamespace(runtime, { ...request, query: { namespace } }, other.identity.namespace);
  }
}

/** Issues without the relations to those that the caller may not see. */
export async function showIssues(
  runtime: Runtime,
  { caller }: Asking,
  issues: readonly Issue[],
): Promise<Issue[]> {
  const places = issues.flatMap(({ relatedFrom, relatedTo }) =>
    [...relatedFrom, ...relatedTo].flatMap((relation) => otherEnd(relation) ?? []),
  );
  if (!runtime.access.isOn || places.length === 0) {
    return [...issues];
  }
  const isSeen = await askAll(runtime, caller, 'read', places);
  const seen = (relation: Relation): boolean => {
    const end = otherEnd(relation);
    return end !== undefined && isSeen(end);
  };
  return issues.map((issue) => ({
    ...issue,
    relatedFrom: issue.relatedFrom.filter(seen),
    relatedTo: issue.relatedTo.filter(seen),
  }));
}

function otherEnd(relation: Relation) {
  return relation.target ?? relation.source;
}

/** The same of one issue, or of none. */
export async function showIssue(runtime: Runtime, request: Asking, issue: Issue): Promise<Issue> {
  const [shown = issue] = await showIssues(runtime, request, [issue]);
  return shown;
}
