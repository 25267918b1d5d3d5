import { and, type Column, eq, gte, inArray, isNotNull, or, SQL, sql } from 'drizzle-orm';
import type { ListQuery } from '../../core/contract/list.ts';
import { issues } from '../schema/issues.ts';

/** What a list is filtered by. */
export type Filter = Omit<ListQuery, 'sort' | 'limit' | 'offset' | 'cursor' | 'cluster' | 'namespace'> & {
  readonly cluster?: OneOrMore | undefined;
  readonly namespace?: OneOrMore | undefined;
};

/** A name, several of which any counts, or an expression that is a name. */
type OneOrMore = string | readonly string[] | SQL;

/** That a column has one of the names. */
export function isAnyOf(column: Column, names: OneOrMore): SQL {
  const [only, ...others] = names instanceof SQL ? [names] : [names].flat();
  if (only === undefined) {
    return sql`false`;
  }
  return others.length === 0 ? eq(column, only) : inArray(column, [only, ...others]);
}

export function hasSeveralNamespaces(filter: Filter): boolean {
  return namespaceCount(filter) > 1;
}

/** How many namespaces `perNamespace` asks one by one: 1 also where none is named. */
export function namespaceCount({ namespace }: Filter): number {
  return Array.isArray(namespace) ? Math.max(1, namespace.length) : 1;
}

/**
 * A query for each namespace that the filter names, of which the rows are put together: an index that begins with the
 * namespace gives its order within one namespace only, and a limit for all of them would sort everything.
 *
 * @param inner the query, for a filter with one namespace, or with none where none is named
 */
export function perNamespace(filter: Filter, inner: (within: Filter) => SQL): SQL {
  const { namespace } = filter;
  if (!Array.isArray(namespace) || !hasSeveralNamespaces(filter)) {
    return inner(filter);
  }
  const names = sql.join(
    namespace.map((name) => sql`(${name}::text)`),
    sql`, `,
  );
  return sql`
    select of_one.* from (values ${names}) as asked (name)
    cross join lateral (${inner({ ...filter, namespace: sql`asked.name` })}) as of_one`;
}

/** The condition that a row fulfils when it is an issue that the filter asks for, whatever it searches for. */
export function filterCondition(filter: Filter): SQL | undefined {
  return and(
    isNotNull(issues.id),
    filter.namespace === undefined ? undefined : isAnyOf(issues.namespace, filter.namespace),
    filter.cluster === undefined ? undefined : isAnyOf(issues.cluster, filter.cluster),
    filter.severity === undefined ? undefined : inArray(issues.severity, filter.severity),
    filter.issueType === undefined ? undefined : inArray(issues.issueType, filter.issueType),
    stateCondition(filter.state),
    filter.resourceType === undefined
      ? undefined
      : eq(issues.resourceType, filter.resourceType.toLowerCase()),
    filter.resourceName === undefined ? undefined : eq(issues.resourceName, filter.resourceName),
    filter.application === undefined
      ? undefined
      : or(eq(issues.application, filter.application), scopeCondition('application', filter.application)),
    filter.component === undefined
      ? undefined
      : or(eq(issues.component, filter.component), scopeCondition('component', filter.component)),
    filter.lifecycle === undefined ? undefined : eq(issues.lifecycle, filter.lifecycle),
    filter.origin === undefined ? undefined : eq(issues.origin, filter.origin),
    filter.dueBefore === undefined
      ? undefined
      : sql`coalesce(${issues.dueAt}, 'infinity') < ${new Date(filter.dueBefore).toISOString()}::timestamptz`,
    filter.updatedSince === undefined ? undefined : gte(issues.updatedAt, new Date(filter.updatedSince)),
    filter.pipelineRun === undefined ? undefined : runCondition(filter.pipelineRun),
    filter.idPrefix === undefined ? undefined : prefixCondition(filter.idPrefix),
    ...(filter.label ?? []).map(labelCondition),
  );
}

/** A single state as a constant of the statement, so that the index of active issues is seen to fit. */
function stateCondition(state: Filter['state']): SQL | undefined {
  const [only, ...others] = state ?? [];
  if (only === undefined) {
    return undefined;
  }
  if (others.length > 0) {
    return inArray(issues.state, [only, ...others]);
  }
  return only === 'ACTIVE' ? sql`${issues.state} = 'ACTIVE'` : sql`${issues.state} = 'RESOLVED'`;
}

function scopeCondition(type: string, name: string): SQL | undefined {
  return and(eq(issues.resourceType, type), eq(issues.resourceName, name));
}

function runCondition(run: string): SQL {
  return sql`${issues.key} in (
    select issue_key from events where run_name = ${run} union all select issue_key from events where run_uid = ${run}
  )`;
}

/** Ids between the prefix filled up with zeros and with f: a range that the unique index answers. */
function prefixCondition(prefix: string): SQL {
  const digits = prefix.replaceAll('-', '').toLowerCase();
  return sql`${issues.id} between ${digits.padEnd(32, '0')}::uuid and ${digits.padEnd(32, 'f')}::uuid`;
}

function labelCondition(label: string): SQL {
  const [key = '', ...value] = label.split('=');
  return sql`${issues.labels} @> ${JSON.stringify({ [key]: value.join('=') })}::text::jsonb`;
}
