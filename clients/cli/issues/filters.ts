import type { Request } from '../../../core/contract/client/types.ts';
import type { OptionSpec, Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { oneOf, someOf, type When, when, wholeNumber } from '../reading.ts';
import { needNamespace } from '../target/namespace.ts';

const severities = ['info', 'minor', 'major', 'critical'];
const types = ['build', 'test', 'release', 'dependency', 'pipeline'];
const states = ['ACTIVE', 'RESOLVED', 'all'];
const sorts = ['detectedAt', 'lastSeenAt', 'severity', 'dueAt'];
const lifecycles = ['development', 'production'];
/** Entries of one list that are asked for by number; all of them are asked for with 0. */
const mostRows = 1_000_000;

function label(text: string): string {
  if (!/^[^=]+=/.test(text))
    throw new UsageError(`${JSON.stringify(text)} is no label of the form key=value`);
  return text;
}

function prefix(text: string): string {
  if (!/^[0-9a-f]{8}(-?[0-9a-f]){0,24}-?$/i.test(text)) {
    throw new UsageError(`${JSON.stringify(text)} is no beginning of an id: 8 or more hex digits`);
  }
  return text;
}

/** The filters of the API's list, as every command that lists takes them. */
export const filterOptions: readonly OptionSpec[] = [
  { flags: '-A, --all-namespaces', about: 'all namespaces that you may see' },
  {
    flags: '-s, --severity <list>',
    about: `any of ${severities.join(', ')}`,
    read: someOf(severities),
    words: severities,
  },
  { flags: '-t, --type <list>', about: `any of ${types.join(', ')}`, read: someOf(types), words: types },
  { flags: '--state <list>', about: 'ACTIVE, RESOLVED or all', read: someOf(states), words: states },
  { flags: '-u, --unresolved', about: 'the same as --state ACTIVE' },
  { flags: '-r, --resource-type <kind>', about: 'the kind of what fails, such as pipelinerun or component' },
  { flags: '--resource-name <name>', about: 'the name of what fails' },
  { flags: '--application <name>', about: 'issues of this application, by scope or label' },
  { flags: '--component <name>', about: 'issues of this component, by scope or label' },
  { flags: '--pipeline-run <name>', about: 'issues that this run reported: its name or uid' },
  { flags: '--search <words>', about: 'text in title, description or name' },
  { flags: '--label <key=value>', about: 'a label; several must all be there', read: label, repeats: true },
  {
    flags: '--lifecycle <stage>',
    about: lifecycles.join(' or '),
    read: oneOf(lifecycles),
    words: lifecycles,
  },
  { flags: '--origin <name>', about: 'where it comes from, such as mintmaker' },
  { flags: '--cluster <name>', about: 'issues of this cluster' },
  { flags: '--id-prefix <prefix>', about: 'ids that begin so', read: prefix },
  {
    flags: '--due-before <time>',
    about: 'must be mended before: a time, or how far ahead, such as 7d',
    read: when,
  },
  {
    flags: '--updated-since <time>',
    about: 'changed since: a time, or how long ago, such as 2h',
    read: when,
  },
];

export const pageOptions: readonly OptionSpec[] = [
  {
    flags: '--sort <by>',
    about: `${sorts.join(', ')}; detectedAt when absent`,
    read: oneOf(sorts),
    words: sorts,
  },
  { flags: '--limit <number>', about: 'how many at most; 0 is all of them', read: wholeNumber(0, mostRows) },
];

/** What `filterOptions` and `pageOptions` are read as. */
export interface FilterValues {
  readonly allNamespaces?: boolean;
  readonly severity?: readonly string[];
  readonly type?: readonly string[];
  readonly state?: readonly string[];
  readonly unresolved?: boolean;
  readonly resourceType?: string;
  readonly resourceName?: string;
  readonly application?: string;
  readonly component?: string;
  readonly pipelineRun?: string;
  readonly search?: string;
  readonly label?: readonly string[];
  readonly lifecycle?: string;
  readonly origin?: string;
  readonly cluster?: string;
  readonly idPrefix?: string;
  readonly dueBefore?: When;
  readonly updatedSince?: When;
  readonly sort?: string;
  readonly limit?: number;
}

export type ListQuery = NonNullable<Request<'issues.list'>['query']>;

/**
 * What the list is asked with.
 *
 * @param usualStates where neither --state nor --unresolved is given; none are all
 */
export async function queryOf(
  work: Work,
  values: FilterValues,
  usualStates: readonly string[] = [],
): Promise<{ readonly query: ListQuery; readonly isSeveral: boolean; readonly where: string }> {
  const namespace = values.allNamespaces === true ? undefined : await needNamespace(await work.target());
  const now = work.io.surroundings.now();
  const moment = (one: When | undefined, sign: 1 | -1): string | undefined =>
    one === undefined ? undefined : (one.at ?? new Date(now + sign * one.away).toISOString());
  const asked = values.unresolved === true ? ['ACTIVE'] : (values.state ?? usualStates);
  const query = {
    namespace,
    severity: values.severity,
    issueType: values.type,
    state: asked.includes('all') ? [] : asked,
    resourceType: values.resourceType,
    resourceName: values.resourceName,
    application: values.application,
    component: values.component,
    pipelineRun: values.pipelineRun,
    search: values.search,
    label: values.label,
    lifecycle: values.lifecycle,
    origin: values.origin,
    cluster: values.cluster,
    idPrefix: values.idPrefix,
    dueBefore: moment(values.dueBefore, 1),
    updatedSince: moment(values.updatedSince, -1),
    sort: values.sort,
  };
  return {
    // Every word was held to those that the API takes when it was read.
    query: query as ListQuery,
    isSeveral: namespace === undefined || namespace.includes(','),
    where: namespace === undefined ? 'all namespaces' : namespace,
  };
}
