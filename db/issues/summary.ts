import { and, count, eq, isNotNull } from 'drizzle-orm';
import type { Summary } from '../../core/contract/list.ts';
import { issueTypes, severities, states } from '../../core/domain/report.ts';
import type { Database } from '../client.ts';
import { retrying } from '../failure.ts';
import { issues } from '../schema/issues.ts';

type Counts = Record<string, number>;

function zeros(names: readonly string[]): Counts {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

const lifecycles = ['development', 'production', 'unknown'] as const;

/** Counts by type, severity, state and lifecycle, in one statement; all of them present, zeros too. */
export function summariseIssues(
  database: Database,
  filter: { readonly namespace?: string | undefined; readonly cluster?: string | undefined },
): Promise<Summary> {
  return retrying(async () => {
    const groups = await database.orm
      .select({
        type: issues.issueType,
        severity: issues.severity,
        state: issues.state,
        lifecycle: issues.lifecycle,
        count: count(),
      })
      .from(issues)
      .where(
        and(
          isNotNull(issues.id),
          filter.namespace === undefined ? undefined : eq(issues.namespace, filter.namespace),
          filter.cluster === undefined ? undefined : eq(issues.cluster, filter.cluster),
        ),
      )
      .groupBy(issues.issueType, issues.severity, issues.state, issues.lifecycle);
    const byState = zeros(states);
    const all = {
      total: 0,
      byType: zeros(issueTypes),
      bySeverity: zeros(severities),
      byLifecycle: zeros(lifecycles),
    };
    const active = structuredClone(all);
    for (const group of groups) {
      const state = group.state ?? '';
      byState[state] = (byState[state] ?? 0) + group.count;
      for (const sums of state === 'ACTIVE' ? [all, active] : [all]) {
        sums.total += group.count;
        add(sums.byType, group.type, group.count);
        add(sums.bySeverity, group.severity ?? '', group.count);
        add(sums.byLifecycle, group.lifecycle ?? 'unknown', group.count);
      }
    }
    return { ...all, byState, active };
  });
}

function add(counts: Counts, name: string, amount: number): void {
  counts[name] = (counts[name] ?? 0) + amount;
}
