import type { Issue } from '../../../core/contract/issue.ts';

/** What happened to an issue between two looks at it. */
export interface Change {
  readonly what: 'active' | 'opened' | 'reopened' | 'resolved' | 'updated';
  readonly issue: Issue;
}

/**
 * Takes what was found into the active ones that are known.
 *
 * @param isFirst whether nothing was known before, so that nothing has changed either
 * @returns what is new, in the order of time
 */
export function applyChanges(
  known: Map<string, Issue>,
  found: readonly Issue[],
  isFirst: boolean,
): readonly Change[] {
  const changes: Change[] = [];
  for (const issue of [...found].sort((a, b) => a.updatedAt.localeCompare(b.updatedAt))) {
    const before = known.get(issue.id);
    if (before?.updatedAt === issue.updatedAt && before.occurrences === issue.occurrences) continue;
    if (issue.state === 'ACTIVE') {
      known.set(issue.id, issue);
      changes.push({ what: isFirst ? 'active' : wordOf(before, issue), issue });
    } else if (known.delete(issue.id)) {
      changes.push({ what: 'resolved', issue });
    }
  }
  return changes;
}

function wordOf(before: Issue | undefined, issue: Issue): Change['what'] {
  if (before !== undefined) return issue.reopened > before.reopened ? 'reopened' : 'updated';
  return issue.reopened > 0 ? 'reopened' : 'opened';
}
