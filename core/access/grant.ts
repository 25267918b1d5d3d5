import { matches } from './pattern.ts';
import type { Place, Right } from './right.ts';

/** What an API key or a rule gives. It gives nothing beside what it says: `act` does not hold `read`. */
export interface Grant {
  /** Names; `*` alone is every cluster. */
  readonly clusters: readonly string[];
  /** Patterns, see `matches`; `*` alone is every namespace, and the only one that gives what is asked of all at once. */
  readonly namespaces: readonly string[];
  readonly may: readonly Right[];
}

/** Whether one of the grants covers all of it. */
export function covers(grants: readonly Grant[], right: Right, { cluster, namespace }: Place): boolean {
  return grants.some(
    (grant) =>
      grant.may.includes(right) &&
      (grant.clusters.includes('*') || (cluster !== null && grant.clusters.includes(cluster))) &&
      (grant.namespaces.includes('*') ||
        (namespace !== null && grant.namespaces.some((pattern) => matches(pattern, namespace)))),
  );
}

/** The clusters that the grants name; null: any. */
export function clustersOf(grants: readonly Grant[]): readonly string[] | null {
  const named = new Set(grants.flatMap(({ clusters }) => clusters));
  return named.has('*') ? null : [...named].sort();
}
