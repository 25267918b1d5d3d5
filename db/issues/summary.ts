import { sql } from 'drizzle-orm';
import type { Summary } from '../../core/contract/list.ts';
import { issueTypes, severities, states } from '../../core/domain/report.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { execute } from '../orm.ts';
import { counts } from '../schema/counts.ts';
import { countsCondition } from './count.ts';
import type { Filter } from './filter.ts';

type Counts = Record<string, number>;

/** Issues of a kind; Postgres tells a sum of bigints as text. */
interface Group {
  readonly type: string;
  readonly severity: string;
  readonly state: string;
  readonly lifecycle: string;
  readonly count: string;
}

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
    const groups = await execute<Group>(
      database,
      sql`
        select ${counts.issueType} as type, ${counts.severity}, ${counts.state}, ${counts.lifecycle},
          sum(${counts.amount}) as count
        from ${counts}
        where ${countsCondition(filter) ?? sql`true`}
        group by ${counts.issueType}, ${counts.severity}, ${counts.state}, ${counts.lifecycle}
        having sum(${counts.amount}) <> 0`,
    );
    const byState = zeros(states);
    const all = {
      total: 0,
      byType: zeros(issueTypes),
      bySeverity: zeros(severities),
      byLifecycle: zeros(lifecycles),
    };
    const active = structuredClone(all);
    for (const { count: text, ...kind } of groups) {
      const group = { ...kind, count: Number(text) };
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
