import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { counts } from '../schema/counts.ts';
import { issues } from '../schema/issues.ts';
import { type Filter, filterCondition, isAnyOf } from './filter.ts';

/** What issues are counted by as they come and go. */
const counted = {
  namespace: (filter) => filter.namespace && isAnyOf(counts.namespace, filter.namespace),
  cluster: (filter) => filter.cluster && isAnyOf(counts.cluster, filter.cluster),
  issueType: (filter) => filter.issueType && inArray(counts.issueType, filter.issueType),
  severity: (filter) => filter.severity && inArray(counts.severity, filter.severity),
  state: (filter) => filter.state && inArray(counts.state, filter.state),
  lifecycle: (filter) => filter.lifecycle && eq(counts.lifecycle, filter.lifecycle),
} satisfies { readonly [name in keyof Filter]?: (filter: Filter) => SQL | '' | undefined };

/**
 * How many issues the filter asks for, exactly, as a scalar query: the sum of `issue_counts` where these tell, in less than a
 * millisecond, else counted, 0.3 microseconds each. Not for a filter with a search.
 */
export function countOf(filter: Filter): SQL {
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined);
  return asked.every(([name]) => name in counted)
    ? sql`(select coalesce(sum(${counts.amount}), 0) from ${counts} where ${countsCondition(filter) ?? sql`true`})`
    : sql`(select count(*) from ${issues} where ${filterCondition(filter)})`;
}

/** Which rows of `issue_counts` tell how many issues the filter asks for. */
export function countsCondition(filter: Filter): SQL | undefined {
  return and(...Object.values(counted).map((condition) => condition(filter) || undefined));
}
