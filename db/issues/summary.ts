import { sql } from 'drizzle-orm';
import type { Summary } from '../../core/contract/list.ts';
import { issueTypes, severities, states } from '../../core/domain/report.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { orm } from '../orm.ts';
import { counts } from '../schema/counts.ts';
import { countsCondition } from './count.ts';
import type { Filter } from './filter.ts';

type Counts = Record<string, number>;

function zeros(names: readonly string[]): Counts {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

const lifecycles = ['development', 'production', 'unknown'] as const;

/** Counts by type, severity, state and lifecycle, in one statement; all of them present, zeros too. */
export function summariseIssues(
  database: Database,
  filter: Pick<Filter, 'namespace' | 'cluster'>,
): Promise<Summary> {
  return retrying(async () => {
    const groups = await orm(database)
      .select({
        type: counts.issueType,
        severity: counts.severity,
        state: counts.state,
        lifecycle: counts.lifecycle,
        count: sql<string>`sum(${counts.amount})`.mapWith(Number),
      })
      .from(counts)
      .where(countsCondition(filter))
      .groupBy(counts.issueType, counts.severity, counts.state, counts.lifecycle)
      .having(sql`sum(${counts.amount}) <> 0`);
    const byState = zeros(states);
    const all = {
      total: 0,
      byType: zeros(issueTypes),
      bySeverity: zeros(severities),
      byLifecycle: zeros(lifecycles),
    };
    const active = structuredClone(all);
    for (const group of groups) {
      byState[group.state] = (byState[group.state] ?? 0) + group.count;
      for (const sums of group.state === 'ACTIVE' ? [all, active] : [all]) {
        sums.total += group.count;
        add(sums.byType, group.type, group.count);
        add(sums.bySeverity, group.severity, group.count);
        add(sums.byLifecycle, group.lifecycle, group.count);
      }
    }
    return { ...all, byState, active };
  });
}

function add(counts: Counts, name: string, amount: number): void {
  counts[name] = (counts[name] ?? 0) + amount;
}
